import { closeSync, openSync, readSync } from "node:fs"

/** What a shared library says to the system's loader. */
export interface ElfDynamic {
  /** The kind of CPU, as ELF numbers it. */
  readonly machine: number
  /** Libraries that are loaded with it, in this order. */
  readonly needed: readonly string[]
  /** Folders in which these are searched before LD_LIBRARY_PATH, as they are written: with `$ORIGIN`. */
  readonly rpath: readonly string[]
  /** Folders in which these are searched after it; a library that has some has no `rpath`. */
  readonly runpath: readonly string[]
}

/** Numbers of the ELF specification. */
const segments = { load: 1, dynamic: 2 } as const
const tags = { end: 0, needed: 1, strings: 5, stringBytes: 10, rpath: 15, runpath: 29 } as const
const headerBytes = 64
const segmentBytes = 56
const entryBytes = 16
/** More is no library, but a broken file. */
const mostBytes = 2 ** 28

interface Segment {
  readonly type: number
  readonly offset: number
  readonly address: number
  readonly bytes: number
}

function readAt(file: number, offset: number, bytes: number): Buffer {
  if (bytes > mostBytes) throw new RangeError("a part of the file is too large")
  const buffer = Buffer.alloc(bytes)
  if (readSync(file, buffer, 0, bytes, offset) < bytes) throw new RangeError("the file ends too early")
  return buffer
}

const wide = (buffer: Buffer, offset: number) => Number(buffer.readBigUInt64LE(offset))

function readSegments(file: number, header: Buffer): Segment[] {
  const count = header.readUInt16LE(56)
  const table = readAt(file, wide(header, 32), count * segmentBytes)
  return Array.from({ length: count }, (_, index) => {
    const at = index * segmentBytes
    const [offset, address, bytes] = [wide(table, at + 8), wide(table, at + 16), wide(table, at + 32)]
    return { type: table.readUInt32LE(at), offset, address, bytes }
  })
}

/** Tags and values of the dynamic section. */
function readEntries(file: number, { offset, bytes }: Segment): [number, number][] {
  const section = readAt(file, offset, bytes)
  const entries: [number, number][] = []
  for (let at = 0; at + entryBytes <= bytes; at += entryBytes) {
    const tag = wide(section, at)
    if (tag === tags.end) break
    entries.push([tag, wide(section, at + 8)])
  }
  return entries
}

function readDynamic(file: number): ElfDynamic | undefined {
  const header = readAt(file, 0, headerBytes)
  const is64LittleEndian = header[4] === 2 && header[5] === 1
  if (header.toString("latin1", 0, 4) !== "\x7fELF" || !is64LittleEndian) return undefined
  const all = readSegments(file, header)
  const machine = header.readUInt16LE(18)
  const dynamic = all.find(({ type }) => type === segments.dynamic)
  const entries = dynamic ? readEntries(file, dynamic) : []
  const valuesOf = (wanted: number) => entries.filter(([tag]) => tag === wanted).map(([, value]) => value)
  const address = valuesOf(tags.strings)[0] ?? 0
  const holder = all.find(
    one => one.type === segments.load && address >= one.address && address < one.address + one.bytes,
  )
  const strings = holder
    ? readAt(file, address - holder.address + holder.offset, valuesOf(tags.stringBytes)[0] ?? 0)
    : Buffer.alloc(0)
  const textAt = (offset: number) => strings.toString("utf8", offset, strings.indexOf(0, offset))
  const foldersOf = (tag: number) => valuesOf(tag).flatMap(offset => textAt(offset).split(":").filter(Boolean))
  const runpath = foldersOf(tags.runpath)
  const rpath = runpath.length > 0 ? [] : foldersOf(tags.rpath)
  return { machine, needed: valuesOf(tags.needed).map(textAt), rpath, runpath }
}

/**
 * What a shared library needs, read from its dynamic section.
 *
 * @returns `undefined` if it is not there, or no library of a 64-bit little-endian CPU
 */
export function readElfDynamic(path: string): ElfDynamic | undefined {
  let file: number | undefined
  try {
    file = openSync(path, "r")
    return readDynamic(file)
  } catch {
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
