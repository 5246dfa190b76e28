import { setImmediate } from "node:timers/promises"
import zlib, { type ZlibOptions } from "node:zlib"
import type { Zstd } from "@hpcc-js/wasm-zstd"
import { asError } from "../../errors.ts"

/** A block of Zstandard never holds more. */
export const mostBlockBytes = 128 * 1024

/** Decodes the parts of frames, in order; `ZstdFrames` finds if they begin and end. */
export interface ZstdDecoder {
  /** The largest window that it can keep. */
  readonly mostWindowBytes: number
  /**
   * Decodes a frame header, a block or a checksum.
   *
   * @returns what a block holds; nothing, too, if it is damaged and the decoder cannot tell
   */
  decode(part: Buffer): Promise<Buffer>
  close(): void
}

type DecompressZstd = (frame: Uint8Array, options: { readonly maxOutputLength: number }) => Buffer

/** How many parts are decoded in one turn of the event loop: some milliseconds of work. */
const partsInTurn = 16

type CreateZstd = (options: Pick<ZlibOptions, "chunkSize"> & { params: Record<number, number> }) => zlib.InflateRaw

/** ZSTD_d_windowLogMax, and the largest that the format has on 64 bits. */
const windowLogMax = 100
const largestWindowLog = 31

/** Node's own Zstandard (22.15 and later), otherwise the same library as WebAssembly. */
export async function openZstdDecoder(): Promise<ZstdDecoder> {
  const { createZstdDecompress } = zlib as { readonly createZstdDecompress?: CreateZstd }
  return createZstdDecompress === undefined ? openWasm() : openNative(createZstdDecompress)
}

function openNative(create: CreateZstd): ZstdDecoder {
  const engine = create({ chunkSize: mostBlockBytes, params: { [windowLogMax]: largestWindowLog } })
  let decoded: Buffer[] = []
  let fail = (_: Error) => {}
  // A part holds no more than one block, so what is decoded ahead is bounded without back-pressure.
  engine.on("data", (block: Buffer) => decoded.push(block))
  engine.on("error", error => fail(error))
  return {
    mostWindowBytes: 2 ** largestWindowLog,
    async decode(part) {
      decoded = []
      await new Promise<void>((resolve, reject) => {
        fail = reject
        engine.write(part, error => (error ? reject(asError(error)) : resolve()))
      })
      return decoded.length === 1 ? (decoded[0] as Buffer) : Buffer.concat(decoded)
    },
    close: () => engine.destroy(),
  }
}

/** Loaded only if it is needed: it compiles for a moment. */
async function openWasm(): Promise<ZstdDecoder> {
  const { Zstd } = await import("@hpcc-js/wasm-zstd")
  const zstd = await Zstd.load()
  // The public class has one context for the whole process; runs that read at the same time need one each.
  const memory = zstd["_mainModule"]
  const context = new zstd["_zstdClass"]()
  context.reset()
  let parts = 0
  return {
    // ZSTD_WINDOWLOG_LIMIT_DEFAULT, which this library cannot change.
    mostWindowBytes: 2 ** 27,
    async decode(part) {
      // Signals are heard, and memory is given back, between turns of the event loop alone.
      if (++parts % partsInTurn === 0) await setImmediate()
      const input = copyIn(memory, part)
      const output = allocate(memory, mostBlockBytes)
      try {
        output.size = context.decompressChunk(output.ptr, mostBlockBytes, input.ptr, input.size)
        return Buffer.from(memory.heapView(output))
      } finally {
        memory.free(output)
        memory.free(input)
      }
    },
    close: () => context.delete(),
  }
}

/**
 * Decompresses a whole frame whose length is known, such as a page of Parquet.
 *
 * @throws if it is damaged or has another length
 */
export async function openZstdPages(): Promise<(frame: Uint8Array, length: number) => Uint8Array> {
  const { zstdDecompressSync } = zlib as { readonly zstdDecompressSync?: DecompressZstd }
  if (zstdDecompressSync !== undefined)
    return (frame, length) => zstdDecompressSync(frame, { maxOutputLength: Math.max(1, length) })
  const { Zstd } = await import("@hpcc-js/wasm-zstd")
  const zstd = await Zstd.load()
  const [memory, library] = [zstd["_mainModule"], zstd["_zstdClass"]]
  return (frame, length) => {
    const input = copyIn(memory, frame)
    try {
      requireLength(library.getFrameContentSize(input.ptr, input.size), frame, length)
      const output = allocate(memory, length)
      try {
        const size = library.decompress(output.ptr, length, input.ptr, input.size)
        if (library.isError(size)) throw new Error(library.getErrorName(size))
        return Buffer.from(memory.heapView({ ...output, size }))
      } finally {
        memory.free(output)
      }
    } finally {
      memory.free(input)
    }
  }
}

type Memory = Zstd["_mainModule"]
type HeapBytes = ReturnType<Memory["malloc"]>

/** @throws Error if there is no memory: the library would write to address 0 */
function allocate(memory: Memory, bytes: number): HeapBytes {
  const allocated = memory.malloc(bytes)
  if (allocated.ptr === 0) throw new Error(`not enough memory for ${bytes} bytes of Zstandard`)
  return allocated
}

function copyIn(memory: Memory, bytes: Uint8Array): HeapBytes {
  const allocated = allocate(memory, bytes.length)
  memory.heapView(allocated).set(bytes)
  return allocated
}

/** Checks the length before there is memory for it: memory of WebAssembly is never given back. */
function requireLength(said: number | bigint, frame: Uint8Array, length: number): void {
  const content = Number(said)
  // The library says -1 or -2, without a sign, if the frame does not say it or is damaged. A block has four bytes at least.
  const isSaid = content < 2 ** 63
  const most = Math.ceil(frame.length / 4) * mostBlockBytes
  if (isSaid ? content !== length : length > most)
    throw new Error(`its Zstandard data must hold ${length} bytes; it holds ${isSaid ? content : "less"}`)
}
