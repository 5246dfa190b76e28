/** A longer replacement is no spelling of a character. Bytes. */
const MAX_REPLACEMENT_BYTES = 1000
const LENGTH_BYTES = 4
const UNIT_BYTES = 4

/** A unit of the double array that the map's trie is stored in: darts-clone's layout. */
const isValue = (unit: number) => unit >>> 31 === 1
const hasValue = (unit: number) => ((unit >>> 8) & 1) === 1
const byteOf = (unit: number) => unit & 255
const offsetOf = (unit: number) => (unit >>> 10) * ((unit >>> 9) & 1 ? 256 : 1)

/**
 * What is wrong with a SentencePiece model's map of characters, which the library follows without looking: a map that leads
 * outside itself would end the process.
 *
 * @param base64 - the number of the trie's bytes (little-endian), the trie, then the replacements, each ended by a zero
 * @returns `undefined` if it is sound
 */
export function charsmapProblem(base64: unknown): string | undefined {
  if (typeof base64 !== "string") return "be text in base64"
  const bytes = Buffer.from(base64, "base64")
  if (bytes.toString("base64") !== base64) return "be base64"
  const trieBytes = bytes.length < LENGTH_BYTES ? 0 : bytes.readUInt32LE(0)
  if (trieBytes === 0 || trieBytes % UNIT_BYTES !== 0 || LENGTH_BYTES + trieBytes > bytes.length)
    return "hold a trie that is as long as it says"
  const replacements = bytes.subarray(LENGTH_BYTES + trieBytes)
  if (!isUtf8(replacements)) return "hold replacements in UTF-8"
  return new Trie(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + trieBytes), replacements).problem()
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

/** Walks every way that a text in UTF-8 can take through a trie. */
class Trie {
  readonly #units: Uint32Array
  readonly #replacements: Uint8Array

  constructor(bytes: Buffer, replacements: Uint8Array) {
    this.#units = Uint32Array.from({ length: bytes.length / UNIT_BYTES }, (_, i) => bytes.readUInt32LE(i * UNIT_BYTES))
    this.#replacements = replacements
  }

  problem(): string | undefined {
    const units = this.#units
    // A place, and the number of bytes that the character which led there lacks, as one number.
    const waiting = [offsetOf(units[0] ?? 0) * 4]
    const seen = new Uint8Array(units.length * 4)
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      const [place, lacking] = [Math.floor(at / 4), at % 4]
      for (const [first, last] of lacking > 0 ? continuing : beginning)
        for (let byte = first; byte <= last; byte++) {
          const child = place ^ byte
          const unit = units[child]
          if (unit === undefined) return "have a trie that does not lead outside itself"
          if (isValue(unit) || byteOf(unit) !== byte) continue
          const next = child ^ offsetOf(unit)
          const stillLacking = lacking > 0 ? lacking - 1 : lackingAfter(byte)
          if (next >= units.length) return "have a trie that does not lead outside itself"
          const problem = hasValue(unit) ? this.#valueProblem((units[next] ?? 0) & 0x7fffffff, stillLacking) : undefined
          if (problem !== undefined) return problem
          if (seen[next * 4 + stillLacking]) continue
          seen[next * 4 + stillLacking] = 1
          waiting.push(next * 4 + stillLacking)
        }
    }
    return undefined
  }

  #valueProblem(begin: number, lacking: number): string | undefined {
    const bytes = this.#replacements
    if (lacking > 0) return "replace whole characters"
    if (begin > bytes.length || ((bytes[begin] ?? 0) & 0xc0) === 0x80)
      return "have replacements that begin where it says"
    const end = bytes.indexOf(0, begin)
    const length = (end === -1 ? bytes.length : end) - begin
    return length > MAX_REPLACEMENT_BYTES ? `have replacements of at most ${MAX_REPLACEMENT_BYTES} bytes` : undefined
  }
}

/** The bytes that a character can begin with, and continue with. Zero ends a search. */
const beginning: readonly (readonly [number, number])[] = [
  [0x01, 0x7f],
  [0xc2, 0xf4],
]
const continuing: readonly (readonly [number, number])[] = [[0x80, 0xbf]]

function lackingAfter(byte: number): number {
  return byte < 0xc0 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3
}
