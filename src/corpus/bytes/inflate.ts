import { createInflateRaw, type InflateRaw } from "node:zlib"
import { asError } from "../../errors.ts"
import type { ByteSource } from "./byte-source.ts"
import { cutOff, DamagedInput } from "./damaged-input.ts"

const outputBytes = 128 * 1024

/**
 * Decompresses one Deflate stream, and leaves the bytes that follow it unread. No more is decompressed than is asked for,
 * however well it was compressed.
 *
 * @param what - how errors name the stream
 * @throws DamagedInput
 */
export async function* inflate(source: ByteSource, what: string): AsyncGenerator<Buffer> {
  const from = source.position
  const engine = createInflateRaw({ chunkSize: outputBytes })
  const feeding = feed(source, engine)
  try {
    yield* engine as AsyncIterable<Buffer>
    source.unread(await feeding)
  } catch (error) {
    const { code, message } = asError(error) as NodeJS.ErrnoException
    if (code === "Z_BUF_ERROR") throw cutOff(what, source.position)
    if (code?.startsWith("Z_")) throw new DamagedInput(`${what} is damaged (${message})`, from + engine.bytesWritten)
    throw error
  } finally {
    engine.destroy()
  }
}

/**
 * Feeds an engine one block at a time until it has had enough. An error of the source becomes one of the engine.
 *
 * @returns the bytes that it did not use
 */
async function feed(source: ByteSource, engine: InflateRaw): Promise<Buffer> {
  let go = () => {}
  const wake = () => go()
  engine.once("end", wake).once("close", wake)
  let fed = 0
  for (;;) {
    const block = await source.block().catch((error: unknown) => {
      engine.destroy(asError(error))
      return undefined
    })
    if (block === undefined || engine.destroyed) {
      engine.end()
      return Buffer.alloc(0)
    }
    fed += block.length
    await new Promise<void>(resolve => {
      go = resolve
      engine.write(block, () => resolve())
    })
    const unused = fed - engine.bytesWritten
    if (unused > 0) return block.subarray(block.length - unused)
  }
}
