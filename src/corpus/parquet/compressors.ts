import zlib, { brotliDecompressSync, gunzipSync } from "node:zlib"
import type { Compressors } from "hyparquet"
import { compressors as all } from "hyparquet-compressors"

type ZstdSync = (page: Uint8Array, options: { readonly maxOutputLength: number }) => Buffer

/**
 * How pages are decompressed. For gzip, Brotli and Zstandard by libraries that verify checksums and structure, which those of
 * `hyparquet-compressors` do not.
 */
export async function pageCompressors(): Promise<Compressors> {
  return {
    ...all,
    GZIP: (page, length) => gunzipSync(page, { maxOutputLength: Math.max(1, length) }),
    BROTLI: (page, length) => brotliDecompressSync(page, { maxOutputLength: Math.max(1, length) }),
    ZSTD: await zstdPages(),
  }
}

async function zstdPages(): Promise<(page: Uint8Array, length: number) => Uint8Array> {
  const { zstdDecompressSync } = zlib as { readonly zstdDecompressSync?: ZstdSync }
  if (zstdDecompressSync !== undefined)
    return (page, length) => zstdDecompressSync(page, { maxOutputLength: Math.max(1, length) })
  const { Zstd } = await import("@hpcc-js/wasm-zstd")
  const zstd = await Zstd.load()
  return page => zstd.decompress(page)
}
