import { brotliDecompressSync, gunzipSync } from "node:zlib"
import type { Compressors } from "hyparquet"
import { compressors as all } from "hyparquet-compressors"
import { openZstdPages } from "../decoders/zstd-decoder.ts"

/**
 * How pages are decompressed. For gzip, Brotli and Zstandard by libraries that verify checksums and structure, which those of
 * `hyparquet-compressors` do not.
 */
export async function pageCompressors(): Promise<Compressors> {
  return {
    ...all,
    GZIP: (page, length) => gunzipSync(page, { maxOutputLength: Math.max(1, length) }),
    BROTLI: (page, length) => brotliDecompressSync(page, { maxOutputLength: Math.max(1, length) }),
    ZSTD: await openZstdPages(),
  }
}
