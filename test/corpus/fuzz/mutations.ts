import iconv from "iconv-lite"
import type { TextEncoding } from "../../../src/corpus/encoding/encodings.ts"
import type { SeededRandom } from "../../chaos/seeded-random.ts"
import type { ValidFile } from "./valid-files.ts"

/** A file that was changed. */
export interface Mutation {
  readonly what: string
  readonly bytes: Buffer
  readonly encoding?: TextEncoding
  /** Whether the texts are those of the valid file, for an encoding that was asked for or not. */
  readonly isSameText: boolean
}

/** Changes a file in one of the ways in which files are damaged. */
export function mutate(file: ValidFile, random: SeededRandom): Mutation {
  const ways = [flip, flip, overwrite, cut, insert, remove, twice, reencode, reencode]
  return random.pick(ways)(file, random)
}

function flip({ bytes }: ValidFile, random: SeededRandom): Mutation {
  const changed = Buffer.from(bytes)
  const places = Array.from({ length: random.pick([1, 1, 1, 3]) }, () => random.below(bytes.length))
  for (const at of places) changed.writeUInt8((changed[at] as number) ^ (1 << random.below(8)), at)
  return { what: `bits flipped at ${places}`, bytes: changed, isSameText: false }
}

function overwrite({ bytes }: ValidFile, random: SeededRandom): Mutation {
  const changed = Buffer.from(bytes)
  const at = random.below(bytes.length)
  const byte = random.pick([0, 0x0a, 0x0d, 0x22, 0x2c, 0x5c, 0xff, 0xc3])
  changed.fill(byte, at, Math.min(bytes.length, at + random.pick([1, 2, 30])))
  return { what: `bytes ${byte} from ${at} on`, bytes: changed, isSameText: false }
}

function cut({ bytes, ends }: ValidFile, random: SeededRandom): Mutation {
  const place = random.below(bytes.length)
  const at = ends.includes(place) ? place - 1 : place
  return { what: `cut off at ${at}`, bytes: bytes.subarray(0, at), isSameText: false }
}

function insert({ bytes }: ValidFile, random: SeededRandom): Mutation {
  const at = random.below(bytes.length + 1)
  const junk = Buffer.from(Array.from({ length: 1 + random.below(20) }, () => random.below(256)))
  return {
    what: `junk at ${at}`,
    bytes: Buffer.concat([bytes.subarray(0, at), junk, bytes.subarray(at)]),
    isSameText: false,
  }
}

function remove({ bytes }: ValidFile, random: SeededRandom): Mutation {
  const at = random.below(bytes.length)
  const to = at + 1 + random.below(50)
  return {
    what: `without ${at} to ${to}`,
    bytes: Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]),
    isSameText: false,
  }
}

function twice({ bytes }: ValidFile): Mutation {
  return { what: "twice", bytes: Buffer.concat([bytes, bytes]), isSameText: false }
}

const targets = ["utf-16le", "utf-16be", "utf-32le", "utf-32be", "windows-1252", "shift_jis", "gb18030"] as const

/** Plain text in another encoding, which is asked for or not; a file that is not plain is cut. */
function reencode(file: ValidFile, random: SeededRandom): Mutation {
  if (file.plain === undefined || /\.(gz|zst)$/.test(file.name)) return cut(file, random)
  const target = random.pick(targets)
  const bytes = iconv.encode(file.plain, target, { addBOM: random.below(2) === 0 })
  if (iconv.decode(bytes, target) !== file.plain) return cut(file, random)
  const isAsked = random.below(2) === 0
  return { what: `${target}, asked for: ${isAsked}`, bytes, isSameText: true, ...(isAsked && { encoding: target }) }
}
