import { writeFileSync } from "node:fs"

/** What a shared library says to the loader. */
export interface LibraryFacts {
  readonly needed?: readonly string[]
  readonly rpath?: string
  readonly runpath?: string
  /** As ELF numbers kinds of CPUs; default: this machine's. */
  readonly machine?: number
}

const machines: Readonly<Record<string, number>> = { x64: 62, arm64: 183 }
const headerBytes = 64
const segmentBytes = 56
const symbolBytes = 24

/** Texts one after the other, each with a zero; `at` gives the place of each. */
function textTable(texts: readonly string[]): { readonly bytes: Buffer; at(text: string): number } {
  const bytes = Buffer.from(`\0${texts.map(text => `${text}\0`).join("")}`)
  return { bytes, at: text => bytes.indexOf(`\0${text}\0`) + 1 }
}

const words = (numbers: readonly number[]) => {
  const bytes = Buffer.alloc(8 * numbers.length)
  numbers.forEach((number, index) => {
    bytes.writeBigUInt64LE(BigInt(number), 8 * index)
  })
  return bytes
}

function segment(type: number, flags: number, offset: number, bytes: number, align: number): Buffer {
  const kind = Buffer.alloc(8)
  kind.writeUInt32LE(type, 0)
  kind.writeUInt32LE(flags, 4)
  return Buffer.concat([kind, words([offset, offset, offset, bytes, bytes, align])])
}

/** Writes a shared library without code, of a 64-bit little-endian CPU, that the system's loader can load. */
export function writeLibrary(path: string, { needed = [], rpath, runpath, machine }: LibraryFacts): void {
  const texts = textTable([
    ...needed,
    ...(rpath === undefined ? [] : [rpath]),
    ...(runpath === undefined ? [] : [runpath]),
  ])
  const entryCount = needed.length + (rpath === undefined ? 0 : 1) + (runpath === undefined ? 0 : 1) + 6
  const dynamicAt = headerBytes + 3 * segmentBytes
  const symbolsAt = dynamicAt + 16 * entryCount
  const hashAt = symbolsAt + symbolBytes
  const textsAt = hashAt + 16
  const end = textsAt + texts.bytes.length
  const dynamic = words([
    ...needed.flatMap(name => [1, texts.at(name)]),
    ...(rpath === undefined ? [] : [15, texts.at(rpath)]),
    ...(runpath === undefined ? [] : [29, texts.at(runpath)]),
    ...[4, hashAt, 5, textsAt, 6, symbolsAt, 10, texts.bytes.length, 11, symbolBytes, 0, 0],
  ])
  const hash = Buffer.alloc(16)
  hash.writeUInt32LE(1, 0)
  hash.writeUInt32LE(1, 4)
  const header = Buffer.alloc(headerBytes)
  header.write("\x7fELF", "latin1")
  header.set([2, 1, 1], 4)
  header.writeUInt16LE(3, 16)
  header.writeUInt16LE(machine ?? machines[process.arch] ?? 0, 18)
  header.writeUInt32LE(1, 20)
  header.writeBigUInt64LE(BigInt(headerBytes), 32)
  header.writeUInt16LE(headerBytes, 52)
  header.writeUInt16LE(segmentBytes, 54)
  header.writeUInt16LE(3, 56)
  const segments = [
    segment(1, 6, 0, end, 4096),
    segment(2, 6, dynamicAt, 16 * entryCount, 8),
    segment(0x6474e551, 6, 0, 0, 16),
  ]
  writeFileSync(path, Buffer.concat([header, ...segments, dynamic, Buffer.alloc(symbolBytes), hash, texts.bytes]))
}
