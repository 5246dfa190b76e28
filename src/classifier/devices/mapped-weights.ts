import { closeSync, fstatSync, openSync, readSync, realpathSync } from "node:fs"
import { basename, dirname } from "node:path"

/** A graph whose large weights stay in its file. */
export interface MappedGraph {
  /** The graph in ONNX's wire format; each large weight is a place in the file. */
  readonly model: Uint8Array
  /** The folder of the file, absolute. */
  readonly folder: string
}

/** Smaller weights stay in the graph. */
const leastBytes = 65_536
/** If more than this share of a file stays in the graph, mapping the rest is not worth reading it twice. */
const mostKept = 0.5

/** Field numbers of onnx.proto. */
const modelFields = { producerName: 2, graph: 7 } as const
const graphFields = { initializer: 5 } as const
const tensorFields = { dataType: 2, rawData: 9, externalData: 13, dataLocation: 14 } as const
const external = 1

/** Bytes of a value by its element type; types that are not here stay in the graph. */
const elementBytes: Readonly<Record<number, number>> = { 1: 4, 2: 1, 3: 1, 10: 2 }

/**
 * Rewrites a graph so that ONNX Runtime maps its large weights from its file instead of copying them: processes that
 * open the same file share them.
 *
 * @returns `undefined` if the file is no graph that can be rewritten, or nothing is gained: it must be opened by its path
 */
export function mapWeights(graph: string): MappedGraph | undefined {
  try {
    const path = realpathSync(graph)
    const file = new WireFile(path)
    try {
      const model = rewriteModel(file, basename(path))
      return model && { model, folder: dirname(path) }
    } finally {
      file.close()
    }
  } catch {
    // ONNX Runtime reports a problem of the file better.
    return undefined
  }
}

function rewriteModel(file: WireFile, name: string): Uint8Array | undefined {
  const all = { start: 0, end: file.size }
  const producer = [...file.fields(all)].find(({ number }) => number === modelFields.producerName)
  // Floats at any address are fine for the operators of our graphs, which copy or pack them; those of others are not known.
  const isOurs = producer !== undefined && file.read(producer).toString() === "valence"

  function tensor(whole: Field): Piece[] {
    const fields = [...file.fields(whole)]
    const find = (number: number) => fields.find(field => field.number === number)
    // Its file is found by the path of the whole graph alone.
    if (find(tensorFields.dataLocation)) throw new Error("the graph has external weights")
    const [raw, type] = [find(tensorFields.rawData), find(tensorFields.dataType)]
    const size = elementBytes[type?.value ?? 0]
    if (!raw || !size || lengthOf(raw) < leastBytes || !(isOurs || raw.start % size === 0)) return [whole]
    const place = Object.entries({ location: name, offset: raw.start, length: lengthOf(raw) })
    return [
      ...fields.filter(field => field !== raw).map(wholeOf),
      ...place.flatMap(([key, value]) => message(tensorFields.externalData, [text(1, key), text(2, String(value))])),
      Buffer.concat([varint(8 * tensorFields.dataLocation), varint(external)]),
    ]
  }

  const rewritten = (from: Range, nested: number, rewrite: (field: Field) => Piece[]) =>
    [...file.fields(from)].flatMap(field =>
      field.number === nested ? message(nested, rewrite(field)) : [wholeOf(field)],
    )
  const pieces = rewritten(all, modelFields.graph, graph => rewritten(graph, graphFields.initializer, tensor))
  if (totalOf(pieces) >= mostKept * file.size) return undefined
  return new Uint8Array(Buffer.concat(pieces.map(piece => ("end" in piece ? file.read(piece) : piece))))
}

/** Bytes of a file. */
interface Range {
  readonly start: number
  readonly end: number
}

/** A part of a message: bytes, or where they are in the file. */
type Piece = Uint8Array | Range

const lengthOf = (piece: Piece) => ("end" in piece ? piece.end - piece.start : piece.length)
const totalOf = (pieces: readonly Piece[]) => pieces.reduce((sum, piece) => sum + lengthOf(piece), 0)
const wholeOf = ({ from, end }: Field): Range => ({ start: from, end })

/** A field of a protobuf message in a file. */
interface Field extends Range {
  readonly number: number
  /** The value of a numeric field. */
  readonly value: number
  /** Where its tag begins; from `start` to `end` is its content. */
  readonly from: number
}

const windowBytes = 4096
const wireType = { number: 0, eight: 1, bytes: 2, four: 5 } as const

/** Reads protobuf's wire format from a file, a small part at a time. */
class WireFile {
  readonly #file: number
  readonly size: number
  #window: Uint8Array = new Uint8Array()
  #windowAt = 0

  constructor(path: string) {
    this.#file = openSync(path, "r")
    this.size = fstatSync(this.#file).size
  }

  close(): void {
    closeSync(this.#file)
  }

  read({ start, end }: Range): Buffer {
    const bytes = Buffer.alloc(end - start)
    if (readSync(this.#file, bytes, 0, bytes.length, start) !== bytes.length) throw new Error("the file ends too early")
    return bytes
  }

  *fields({ start, end }: Range): Generator<Field> {
    for (let at = start; at < end; ) {
      const [tag, afterTag] = this.#varint(at)
      const [value, begin, stop] = this.#content(tag % 8, afterTag)
      if (stop > end) throw new Error("a field ends after its message")
      yield { number: Math.floor(tag / 8), value, from: at, start: begin, end: stop }
      at = stop
    }
  }

  #content(type: number, at: number): [value: number, start: number, end: number] {
    if (type === wireType.eight) return [0, at, at + 8]
    if (type === wireType.four) return [0, at, at + 4]
    const [value, after] = this.#varint(at)
    if (type === wireType.number) return [value, at, after]
    if (type === wireType.bytes) return [0, after, after + value]
    throw new Error(`wire type ${type} is not known`)
  }

  #varint(from: number): [value: number, end: number] {
    let value = 0
    for (let at = from, unit = 1; ; at++, unit *= 128) {
      const byte = this.#byte(at)
      value += (byte & 127) * unit
      if (byte < 128) return [value, at + 1]
    }
  }

  #byte(at: number): number {
    if (at < this.#windowAt || at >= this.#windowAt + this.#window.length) {
      this.#window = this.read({ start: at, end: Math.min(at + windowBytes, this.size) })
      this.#windowAt = at
    }
    const byte = this.#window[at - this.#windowAt]
    if (byte === undefined) throw new Error("the file ends too early")
    return byte
  }
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest])
}

/** A field that is a message, or text. */
const message = (number: number, content: readonly Piece[]): Piece[] => [
  Buffer.concat([varint(8 * number + wireType.bytes), varint(totalOf(content))]),
  ...content,
]
const text = (number: number, value: string) =>
  Buffer.concat([varint(8 * number + wireType.bytes), varint(Buffer.byteLength(value)), Buffer.from(value)])
