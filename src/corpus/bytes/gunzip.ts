import { crc32 } from "node:zlib"
import type { ByteSource } from "./byte-source.ts"
import { cutOff, DamagedInput } from "./damaged-input.ts"
import { inflate } from "./inflate.ts"
import { passPadding } from "./padding.ts"

/** RFC 1952: the bits of FLG, and the method that every gzip has. */
const flags = { headerCrc: 2, extra: 4, name: 8, comment: 16, reserved: 0xe0 } as const
const deflate = 8

/** Names and comments have no bound of their own. */
const mostHeaderText = 64 * 1024

/** Whether bytes begin as a gzip does. */
export const isGzip = (bytes: Buffer) => bytes[0] === 0x1f && bytes[1] === 0x8b

/**
 * Decompresses gzip: every member, each with its checksum and its length.
 *
 * @param note - called if padding follows the last member
 * @throws DamagedInput
 */
export async function* gunzip(source: ByteSource, note: (text: string) => void): AsyncGenerator<Buffer> {
  for (let first = true; ; first = false) {
    const padded = first ? 0 : await passPadding(source)
    const from = source.position
    const beginning = await source.peek(2)
    if (beginning.length === 0) {
      if (first) throw cutOff("the gzip data", 0)
      if (padded > 0) note(`${padded} bytes of padding after the end of the gzip data were ignored`)
      return
    }
    if (!isGzip(beginning)) {
      const what = first ? "no gzip begins" : "the gzip data has ended, and bytes that are not gzip follow"
      throw new DamagedInput(what, from)
    }
    yield* member(source, from)
  }
}

async function* member(source: ByteSource, from: number): AsyncGenerator<Buffer> {
  const what = `the gzip member that begins at byte ${from}`
  await passHeader(source, what)
  let checksum = 0
  let bytes = 0
  for await (const block of inflate(source, what)) {
    checksum = crc32(block, checksum)
    bytes += block.length
    yield block
  }
  const trailer = await read(source, 8, what)
  if (trailer.readUInt32LE(0) !== checksum)
    throw new DamagedInput(`${what} is damaged: its contents do not match the checksum`, source.position - 8)
  if (trailer.readUInt32LE(4) !== bytes % 2 ** 32)
    throw new DamagedInput(`${what} is damaged: its contents do not have the length`, source.position - 4)
}

async function passHeader(source: ByteSource, what: string): Promise<void> {
  const header = await read(source, 10, what)
  const [method, flag] = [header[2] as number, header[3] as number]
  if (method !== deflate || (flag & flags.reserved) !== 0)
    throw new DamagedInput(`${what} is damaged: its header is not one of gzip`, source.position - 8)
  let crc = crc32(header)
  const pass = (bytes: Buffer) => {
    crc = crc32(bytes, crc)
  }
  if (flag & flags.extra) {
    const length = await read(source, 2, what)
    pass(length)
    pass(await read(source, length.readUInt16LE(0), what))
  }
  if (flag & flags.name) pass(await readText(source, what))
  if (flag & flags.comment) pass(await readText(source, what))
  if (flag & flags.headerCrc && (await read(source, 2, what)).readUInt16LE(0) !== crc % 2 ** 16)
    throw new DamagedInput(`${what} is damaged: its header does not match its checksum`, source.position - 2)
}

async function readText(source: ByteSource, what: string): Promise<Buffer> {
  for (let length = 256; ; length *= 2) {
    const bytes = await source.peek(length)
    const end = bytes.indexOf(0)
    if (end !== -1) return source.read(end + 1)
    if (bytes.length < length) throw cutOff(what, source.position + bytes.length)
    if (length >= mostHeaderText) throw new DamagedInput(`${what} is damaged: its name does not end`, source.position)
  }
}

async function read(source: ByteSource, length: number, what: string): Promise<Buffer> {
  const bytes = await source.read(length)
  if (bytes.length < length) throw cutOff(what, source.position)
  return bytes
}
