import { type FileHandle, open } from "node:fs/promises"

/** Bytes that are read at a time: most messages of a graph are smaller. */
const BLOCK_BYTES = 65_536

/** How the value of a field is stored. */
const VARINT = 0
const FIXED64 = 1
const BYTES = 2
const FIXED32 = 5

/** Bytes of a file from `begin` up to `end`. */
interface Range {
  readonly begin: number
  readonly end: number
}

interface Field {
  readonly number: number
  readonly value: number | Range
}

/**
 * The size of the last dimension of a graph's output `logits`, by skimming the ONNX file: weights are skipped, not read.
 *
 * @returns `undefined` if the file does not say, or is no ONNX graph
 */
export async function graphRows(file: string): Promise<number | undefined> {
  const handle = await open(file)
  try {
    const skim = new Skim(handle)
    const model = { begin: 0, end: (await handle.stat()).size }
    // The numbers are those of onnx.proto: ModelProto.graph, GraphProto.output, then the type's way to its dimensions.
    for await (const graph of skim.messages(model, 7))
      for await (const output of skim.messages(graph, 12))
        if ((await skim.text(output, 1)) === "logits") return await lastDimension(skim, output)
    return undefined
  } catch {
    return undefined
  } finally {
    await handle.close()
  }
}

async function lastDimension(skim: Skim, output: Range): Promise<number | undefined> {
  let last: number | undefined
  for await (const type of skim.messages(output, 2))
    for await (const tensor of skim.messages(type, 1))
      for await (const shape of skim.messages(tensor, 2))
        for await (const dimension of skim.messages(shape, 1)) last = await skim.number(dimension, 1)
  return last
}

/** Reads Protobuf messages if they are in a file. */
class Skim {
  readonly #file: FileHandle
  readonly #block = Buffer.alloc(BLOCK_BYTES)
  #blockAt = 0
  #blockBytes = 0

  constructor(file: FileHandle) {
    this.#file = file
  }

  /** The messages in a field of a message. */
  async *messages(message: Range, number: number): AsyncGenerator<Range> {
    for await (const field of this.#fields(message))
      if (field.number === number && typeof field.value === "object") yield field.value
  }

  async text(message: Range, number: number): Promise<string | undefined> {
    for await (const { begin, end } of this.messages(message, number)) {
      const bytes = Buffer.alloc(Math.min(end - begin, BLOCK_BYTES))
      await this.#file.read(bytes, 0, bytes.length, begin)
      return bytes.toString("utf8")
    }
    return undefined
  }

  async number(message: Range, number: number): Promise<number | undefined> {
    for await (const field of this.#fields(message))
      if (field.number === number && typeof field.value === "number") return field.value
    return undefined
  }

  async *#fields({ begin, end }: Range): AsyncGenerator<Field> {
    for (let at = begin; at < end; ) {
      const tag = await this.#varint(at)
      at = tag.next
      const [number, kind] = [Math.floor(tag.value / 8), tag.value % 8]
      if (kind === VARINT) {
        const { value, next } = await this.#varint(at)
        at = next
        yield { number, value }
      } else if (kind === BYTES) {
        const { value: length, next } = await this.#varint(at)
        at = next + length
        if (at > end) throw new Error("a field ends after its message")
        yield { number, value: { begin: next, end: at } }
      } else if (kind === FIXED64) at += 8
      else if (kind === FIXED32) at += 4
      else throw new Error("not Protobuf")
    }
  }

  async #varint(begin: number): Promise<{ value: number; next: number }> {
    let value = 0
    for (let at = begin, factor = 1; at < begin + 10; at++, factor *= 128) {
      const byte = await this.#byte(at)
      value += (byte & 127) * factor
      if (byte < 128) return { value, next: at + 1 }
    }
    throw new Error("not Protobuf")
  }

  async #byte(at: number): Promise<number> {
    if (at < this.#blockAt || at >= this.#blockAt + this.#blockBytes) {
      this.#blockBytes = (await this.#file.read(this.#block, 0, BLOCK_BYTES, at)).bytesRead
      this.#blockAt = at
      if (this.#blockBytes === 0) throw new Error("the file has ended")
    }
    return this.#block[at - this.#blockAt] ?? 0
  }
}
