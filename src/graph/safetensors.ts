import { asError, shown, ValenceError } from "../errors.ts"
import { readModelFile } from "../model/read-file.ts"
import { type FloatType, floatBytes, toFloat32 } from "./float-types.ts"

/** One tensor of a safetensors file: what its header says, and its values on demand. */
export interface StoredTensor {
  readonly shape: readonly number[]
  readonly dtype: FloatType
  /** The values as float32, row-major; F32 on an aligned offset shares memory with the file, F16 and BF16 are widened exactly. */
  values(): Float32Array
}

/** The format's own bound on the header, so that a broken length cannot make a reader allocate at will. */
const MAX_HEADER_BYTES = 100_000_000
const LENGTH_BYTES = 8

interface Entry {
  readonly name: string
  readonly dtype: FloatType
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

/**
 * The tensors of a safetensors file by name: 8 bytes of header length (little-endian), a JSON header, then the values.
 *
 * @returns every tensor; the file's bytes are read once and shared by all
 * @throws ValenceError `model_not_found` where the file cannot be read; `model_invalid`, naming file, tensor, rule and
 *   value, where the header is broken, a dtype is not F32, F16 or BF16, or offsets overlap, leave gaps, do not fit the
 *   shape or lie outside the file
 */
export async function readSafetensors(file: string): Promise<Map<string, StoredTensor>> {
  return parseSafetensors(await readModelFile(file), file)
}

/** As `readSafetensors`, of bytes that are in memory already; `file` is their name in errors. */
export function parseSafetensors(bytes: Uint8Array, file: string): Map<string, StoredTensor> {
  const refuse = (message: string, cause?: unknown) =>
    new ValenceError("model_invalid", `${file}: ${message}`, { cause })
  const headerBytes = headerLength(bytes, refuse)
  const dataStart = LENGTH_BYTES + headerBytes
  const header = parseHeader(bytes.subarray(LENGTH_BYTES, dataStart), refuse)
  const entries = Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, value]) => parseEntry(name, value, refuse))
  checkOffsets(entries, bytes.length - dataStart, refuse)
  return new Map(
    entries.map(({ name, dtype, shape, begin, end }) => [
      name,
      { shape, dtype, values: () => toFloat32(bytes.subarray(dataStart + begin, dataStart + end), dtype) },
    ]),
  )
}

type Refuse = (message: string, cause?: unknown) => ValenceError

function headerLength(bytes: Uint8Array, refuse: Refuse): number {
  if (bytes.length < LENGTH_BYTES)
    throw refuse(`the file must have ${LENGTH_BYTES} bytes of header length; it has ${bytes.length} bytes`)
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  const most = Math.min(MAX_HEADER_BYTES, bytes.length - LENGTH_BYTES)
  if (length < 2 || length > most) throw refuse(`the header length must be 2 to ${most} bytes; got ${length}`)
  return length
}

function parseHeader(bytes: Uint8Array, refuse: Refuse): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))
    if (typeof header !== "object" || header === null || Array.isArray(header)) throw new Error("it is not an object")
    return header as Record<string, unknown>
  } catch (cause) {
    throw refuse(`the header must be a JSON object; ${asError(cause).message}`, cause)
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

function parseEntry(name: string, value: unknown, refuse: Refuse): Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>
  if (typeof dtype !== "string" || !Object.hasOwn(floatBytes, dtype))
    throw refuse(`tensor ${name}: dtype must be one of ${Object.keys(floatBytes).join(", ")}; got ${shown(dtype)}`)
  if (!Array.isArray(shape) || !shape.every(isCount))
    throw refuse(`tensor ${name}: shape must be a list of whole numbers, 0 or more; got ${JSON.stringify(shape)}`)
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw refuse(`tensor ${name}: data_offsets must be two whole numbers, 0 or more; got ${JSON.stringify(offsets)}`)
  const [begin, end] = offsets as [number, number]
  const size = (shape as number[]).reduce((product, length) => product * length, floatBytes[dtype as FloatType])
  if (end - begin !== size)
    throw refuse(
      `tensor ${name}: ${dtype} of shape [${shape}] must have ${size} bytes; data_offsets give ${end - begin}`,
    )
  return { name, dtype: dtype as FloatType, shape: shape as number[], begin, end }
}

/** The format wants the tensors to cover the data without gap or overlap; that also finds a truncated file. */
function checkOffsets(entries: readonly Entry[], dataBytes: number, refuse: Refuse): void {
  let covered = 0
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered)
      throw refuse(
        `tensor ${name}: must begin where the one before it ends, at byte ${covered} of the data; it begins at ${begin}`,
      )
    if (end > dataBytes)
      throw refuse(`tensor ${name}: must end within the ${dataBytes} bytes of data; it ends at ${end}`)
    covered = end
  }
  if (covered !== dataBytes)
    throw refuse(`the tensors must cover the ${dataBytes} bytes of data; they cover ${covered}`)
}
