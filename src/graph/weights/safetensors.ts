import { asError, shown, ValenceError } from "../../errors.ts"
import { given } from "../../model/config-fields.ts"
import { isFloatType, toFloat32 } from "../onnx/float-types.ts"
import { type FileBytes, openFileBytes } from "./file-bytes.ts"

/** One tensor of a safetensors file: what its header says, and its values on demand. */
export interface StoredTensor {
  readonly shape: readonly number[]
  readonly dtype: StoredType
  /**
   * The values as float32, row-major, read from the file at each call; F16 and BF16 are widened exactly.
   *
   * @throws ValenceError `model_invalid` if they are no floats, or one of them is not finite
   */
  values(): Float32Array
}

/** Bytes of a value, for each type that the format has in whole bytes. */
const typeBytes = {
  ...{ F64: 8, F32: 4, F16: 2, BF16: 2, F8_E4M3: 1, F8_E5M2: 1 },
  ...{ I64: 8, I32: 4, I16: 2, I8: 1, U64: 8, U32: 4, U16: 2, U8: 1, BOOL: 1 },
} as const

type StoredType = keyof typeof typeBytes

/** The format's own bound on the header, so that a broken length cannot make a reader allocate at will. */
const MAX_HEADER_BYTES = 100_000_000
const LENGTH_BYTES = 8

interface Entry {
  readonly name: string
  readonly dtype: StoredType
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

/**
 * The tensors of a safetensors file by name: 8 bytes of header length (little-endian), a JSON header, then the values.
 *
 * @returns every tensor; its values stay in the file until they are asked for
 * @throws ValenceError `model_not_found` if the file cannot be read; `model_invalid`, naming file, tensor, rule and
 *   value, if the header is broken, a dtype is unknown, or offsets overlap, leave gaps, do not fit the shape or are
 *   outside the file
 */
export function readSafetensors(file: string): Map<string, StoredTensor> {
  return parseSafetensors(openFileBytes(file), file)
}

/** As `readSafetensors`, of bytes that are anywhere; `file` is their name in errors. */
export function parseSafetensors(bytes: FileBytes, file: string): Map<string, StoredTensor> {
  const refuse = (message: string, cause?: unknown) =>
    new ValenceError("model_invalid", `${file}: ${message}`, { cause })
  const headerBytes = headerLength(bytes, refuse)
  const dataStart = LENGTH_BYTES + headerBytes
  const header = parseHeader(bytes.read(LENGTH_BYTES, dataStart), refuse)
  const entries = Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([name, value]) => parseEntry(name, value, refuse))
  checkOffsets(entries, bytes.length - dataStart, refuse)
  return new Map(
    entries.map(({ name, dtype, shape, begin, end }) => [
      name,
      {
        shape,
        dtype,
        values() {
          if (isFloatType(dtype))
            return finite(name, toFloat32(bytes.read(dataStart + begin, dataStart + end), dtype), refuse)
          throw refuse(`tensor ${name}: dtype must be one of F32, F16, BF16 where it is read; got ${shown(dtype)}`)
        },
      },
    ]),
  )
}

/** A weight that is no number makes every score of a graph none. */
function finite(name: string, values: Float32Array, refuse: Refuse): Float32Array {
  const at = values.findIndex(value => !Number.isFinite(value))
  if (at === -1) return values
  throw refuse(`tensor ${name}: values must be finite numbers; value ${at} is ${values[at]}`)
}

type Refuse = (message: string, cause?: unknown) => ValenceError

function headerLength(bytes: FileBytes, refuse: Refuse): number {
  if (bytes.length < LENGTH_BYTES)
    throw refuse(`the file must have ${LENGTH_BYTES} bytes of header length; it has ${bytes.length} bytes`)
  const start = bytes.read(0, LENGTH_BYTES)
  const length = Number(new DataView(start.buffer, start.byteOffset).getBigUint64(0, true))
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
  if (typeof dtype !== "string" || !Object.hasOwn(typeBytes, dtype))
    throw refuse(`tensor ${name}: dtype must be one of ${Object.keys(typeBytes).join(", ")}; got ${shown(dtype)}`)
  if (!Array.isArray(shape) || !shape.every(isCount))
    throw refuse(`tensor ${name}: shape must be a list of whole numbers, 0 or more; got ${given(shape)}`)
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw refuse(`tensor ${name}: data_offsets must be two whole numbers, 0 or more; got ${given(offsets)}`)
  const [begin, end] = offsets as [number, number]
  const size = (shape as number[]).reduce((product, length) => product * length, typeBytes[dtype as StoredType])
  if (end - begin !== size)
    throw refuse(
      `tensor ${name}: ${dtype} of shape [${shape}] must have ${size} bytes; data_offsets give ${end - begin}`,
    )
  return { name, dtype: dtype as StoredType, shape: shape as number[], begin, end }
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
