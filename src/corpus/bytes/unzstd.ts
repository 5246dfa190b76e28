import type { ByteSource } from "./byte-source.ts"
import { cutOff, DamagedInput } from "./damaged-input.ts"
import { passPadding } from "./padding.ts"
import { RefusedInput } from "./refused-input.ts"
import { mostBlockBytes, openZstdDecoder, type ZstdDecoder } from "./zstd-decoder.ts"

/** Every number here is from RFC 8878. */
const frameMagic = 0xfd2fb528
const isSkippable = (magic: number) => (magic & 0xfffffff0) >>> 0 === 0x184d2a50
const blockTypes = { raw: 0, repeated: 1, compressed: 2 } as const

/** Whether bytes begin as Zstandard does. */
export function isZstd(bytes: Buffer): boolean {
  if (bytes.length < 4) return false
  const magic = bytes.readUInt32LE(0)
  return magic === frameMagic || isSkippable(magic)
}

/**
 * Decompresses Zstandard, a block at a time: every frame, with its structure, its length and its checksum. What is no frame
 * of data is passed over.
 *
 * @param note - called if padding follows the last frame
 * @param unpack - the command that decompresses the file, for a window that is too large
 * @throws DamagedInput, RefusedInput
 */
export async function* unzstd(
  source: ByteSource,
  note: (text: string) => void,
  unpack: string,
): AsyncGenerator<Buffer> {
  const decoder = await openZstdDecoder()
  try {
    for (let first = true; ; first = false) {
      const padded = first ? 0 : await passPadding(source)
      const from = source.position
      const beginning = await source.peek(4)
      if (beginning.length === 0) {
        if (first) throw cutOff("the Zstandard data", 0)
        if (padded > 0) note(`${padded} bytes of padding after the end of the Zstandard data were ignored`)
        return
      }
      const what = `the Zstandard frame that begins at byte ${from}`
      if (!isZstd(beginning)) {
        if (beginning.length < 4) throw cutOff(what, from + beginning.length)
        throw new DamagedInput(first ? "no Zstandard begins" : "bytes that are not Zstandard follow its end", from)
      }
      if (beginning.readUInt32LE(0) !== frameMagic) await passSkippable(source, what)
      else yield* new Frame(source, decoder, what).blocks(unpack)
    }
  } finally {
    decoder.close()
  }
}

async function passSkippable(source: ByteSource, what: string): Promise<void> {
  const header = await source.read(8)
  if (header.length < 8 || !(await source.skip(header.readUInt32LE(4)))) throw cutOff(what, source.position)
}

interface FrameHeader {
  readonly bytes: Buffer
  readonly window: number
  readonly dictionary: number
  /** `undefined` if the header does not say. */
  readonly contentBytes: bigint | undefined
  readonly hasChecksum: boolean
}

class Frame {
  readonly #source: ByteSource
  readonly #decoder: ZstdDecoder
  readonly #what: string

  constructor(source: ByteSource, decoder: ZstdDecoder, what: string) {
    this.#source = source
    this.#decoder = decoder
    this.#what = what
  }

  async *blocks(unpack: string): AsyncGenerator<Buffer> {
    const header = await this.#header()
    if (header.dictionary !== 0)
      throw new RefusedInput(`needs the Zstandard dictionary ${header.dictionary}: unpack it with zstd -D DICTIONARY`)
    if (header.window > this.#decoder.mostWindowBytes)
      throw new RefusedInput(
        `has a Zstandard window of ${mib(header.window)}, more than the ${mib(this.#decoder.mostWindowBytes)} that can be read here: unpack it with ${unpack}`,
      )
    const checksum = header.hasChecksum ? await startChecksum() : undefined
    await this.#decode(header.bytes)
    let bytes = 0n
    for (let last = false; !last; ) {
      const at = this.#source.position
      const block = await this.#block()
      last = block.last
      if (block.decoded.length > 0) {
        bytes += BigInt(block.decoded.length)
        if (header.contentBytes !== undefined && bytes > header.contentBytes)
          throw this.#damaged("it holds more than its header says", at)
        checksum?.update(block.decoded)
        yield block.decoded
      }
    }
    if (header.contentBytes !== undefined && bytes !== header.contentBytes)
      throw this.#damaged(`it holds ${bytes} bytes, and its header says ${header.contentBytes}`, this.#source.position)
    if (checksum === undefined) return
    const stored = await this.#read(4)
    if (stored.readUInt32LE(0) !== Number(checksum.digest() & 0xffffffffn))
      throw this.#damaged("its contents do not match the checksum", this.#source.position - 4)
    await this.#decode(stored)
  }

  async #header(): Promise<FrameHeader> {
    const beginning = await this.#source.peek(5)
    const descriptor = beginning[4]
    if (descriptor === undefined) throw cutOff(this.#what, this.#source.position + beginning.length)
    if ((descriptor & 0x08) !== 0)
      throw this.#damaged("its header has a bit that Zstandard does not use", this.#source.position + 4)
    const isSingle = (descriptor & 0x20) !== 0
    const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] as number
    const lengthBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] as number
    const windowBytes = isSingle ? 0 : 1
    const bytes = await this.#read(5 + windowBytes + dictionaryBytes + lengthBytes)
    const dictionaryAt = 5 + windowBytes
    const contentBytes = lengthBytes === 0 ? undefined : contentLength(bytes.subarray(-lengthBytes))
    return {
      bytes,
      window: isSingle ? Number(contentBytes) : windowOf(bytes[5] as number),
      dictionary: dictionaryBytes === 0 ? 0 : bytes.readUIntLE(dictionaryAt, dictionaryBytes),
      contentBytes,
      hasChecksum: (descriptor & 0x04) !== 0,
    }
  }

  /** The next block, decoded: no more than 128 KiB. */
  async #block(): Promise<{ readonly last: boolean; readonly decoded: Buffer }> {
    const at = this.#source.position
    const header = await this.#source.peek(3)
    if (header.length < 3) throw cutOff(this.#what, at + header.length)
    const fields = header.readUIntLE(0, 3)
    const [type, size] = [(fields >> 1) & 3, fields >> 3]
    if (type > blockTypes.compressed || size > mostBlockBytes) throw this.#damaged("it has a block of no kind", at)
    const part = await this.#read(3 + (type === blockTypes.repeated ? 1 : size))
    const decoded = await this.#decode(part)
    const isWhole = type === blockTypes.compressed ? decoded.length > 0 : decoded.length === size
    if (!isWhole) throw this.#damaged("it has a block that cannot be decoded", at)
    return { last: (fields & 1) === 1, decoded }
  }

  async #decode(part: Buffer): Promise<Buffer> {
    const at = this.#source.position - part.length
    return this.#decoder.decode(part).catch((error: Error) => {
      throw this.#damaged(error.message, at)
    })
  }

  async #read(length: number): Promise<Buffer> {
    const bytes = await this.#source.read(length)
    if (bytes.length < length) throw cutOff(this.#what, this.#source.position)
    return bytes
  }

  #damaged(why: string, byte: number): DamagedInput {
    return new DamagedInput(`${this.#what} is damaged: ${why},`, byte)
  }
}

function contentLength(field: Buffer): bigint {
  if (field.length === 8) return field.readBigUInt64LE(0)
  const value = field.readUIntLE(0, field.length)
  return BigInt(field.length === 2 ? value + 256 : value)
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

const mib = (bytes: number) => (bytes >= 2 ** 30 ? `${bytes / 2 ** 30} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`)

async function startChecksum() {
  const { default: load } = await import("xxhash-wasm")
  return (await load()).create64()
}
