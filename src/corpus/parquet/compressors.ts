import { brotliDecompressSync, gunzipSync } from "node:zlib"
import type { CompressionCodec, Compressors } from "hyparquet"
import { compressors as all } from "hyparquet-compressors"
import { openZstdPages } from "../bytes/zstd-decoder.ts"
import { checkHadoopLz4, checkLz4, checkSnappy } from "./check/packed-size.ts"
import type { Decompress } from "./check/pages.ts"

/** Decompresses pages, by codec. */
export type PageCompressors = Readonly<Partial<Record<CompressionCodec, Decompress>>>

/**
 * How pages are decompressed. For gzip, Brotli and Zstandard by libraries that verify checksums and structure, which those of
 * `hyparquet-compressors` do not; blocks of the other codecs are checked before.
 */
export async function pageCompressors(): Promise<PageCompressors> {
  return {
    UNCOMPRESSED: page => page,
    SNAPPY: checked(checkSnappy, all.SNAPPY),
    LZ4: checked(checkHadoopLz4, all.LZ4),
    LZ4_RAW: checked(checkLz4, all.LZ4_RAW),
    GZIP: (page, length) => gunzipSync(page, { maxOutputLength: Math.max(1, length) }),
    BROTLI: (page, length) => brotliDecompressSync(page, { maxOutputLength: Math.max(1, length) }),
    ZSTD: await openZstdPages(),
  }
}

/** @throws Error if no library reads the codec */
export function decompressorOf(codec: CompressionCodec, compressors: PageCompressors): Decompress {
  const decompress = compressors[codec]
  if (decompress === undefined) throw new Error(`its codec cannot be read: ${codec}`)
  return decompress
}

function checked(check: (page: Uint8Array, length: number) => void, decompress: Compressors["SNAPPY"]): Decompress {
  return (page, length) => {
    check(page, length)
    // The library cannot read an LZ4 block of no bytes.
    return length === 0 ? new Uint8Array(0) : (decompress as Decompress)(page, length)
  }
}
