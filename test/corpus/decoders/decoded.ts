import { Zstd } from "@hpcc-js/wasm-zstd"
import loadXxhash from "xxhash-wasm"
import { ByteSource } from "../../../src/corpus/bytes/byte-source.ts"
import { gunzip } from "../../../src/corpus/bytes/gunzip.ts"
import { unzstd } from "../../../src/corpus/bytes/unzstd.ts"

/** What came out of a decoder, and how it ended. */
export interface Decoded {
  readonly text: string
  readonly notes: readonly string[]
  readonly error: string | undefined
}

/** Decompresses bytes that arrive in blocks of a length. */
export async function decode(by: "gzip" | "zstd", bytes: Buffer, blockBytes = 1000): Promise<Decoded> {
  const notes: string[] = []
  const note = (text: string) => void notes.push(text)
  const source = new ByteSource(blocksOf(bytes, blockBytes))
  const parts: Buffer[] = []
  let error: string | undefined
  try {
    for await (const part of by === "gzip" ? gunzip(source, note) : unzstd(source, note, "zstd -dc x.zst"))
      parts.push(part)
  } catch (thrown) {
    error = String(thrown)
  }
  return { text: Buffer.concat(parts).toString(), notes, error }
}

async function* blocksOf(bytes: Buffer, blockBytes: number) {
  for (let at = 0; at < bytes.length; at += blockBytes) yield bytes.subarray(at, at + blockBytes)
}

/** A frame of compressed blocks, with a checksum. */
export async function zstdFrame(text: string): Promise<Buffer> {
  const frame = Buffer.from((await Zstd.load()).compress(Buffer.from(text)))
  frame.writeUInt8((frame[4] as number) | 4, 4)
  return Buffer.concat([frame, await checksumOf(text)])
}

async function checksumOf(text: string): Promise<Buffer> {
  const { create64 } = await loadXxhash()
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32LE(Number(create64().update(Buffer.from(text)).digest() & 0xffffffffn))
  return checksum
}

/** A frame whose blocks are not compressed. */
export async function rawFrame(
  texts: readonly string[],
  { windowDescriptor = 0x50, dictionary = 0 } = {},
): Promise<Buffer> {
  const header = [0x28, 0xb5, 0x2f, 0xfd, dictionary === 0 ? 4 : 5, windowDescriptor]
  const blocks = texts.map((text, at) => {
    const block = Buffer.alloc(3)
    block.writeUIntLE((Buffer.byteLength(text) << 3) | (at === texts.length - 1 ? 1 : 0), 0, 3)
    return Buffer.concat([block, Buffer.from(text)])
  })
  const named = dictionary === 0 ? [] : [dictionary]
  return Buffer.concat([Buffer.from([...header, ...named]), ...blocks, await checksumOf(texts.join(""))])
}

/** The bytes with one of them changed. */
export function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes)
  changed.writeUInt8((changed.at(at) as number) ^ 0x11, at < 0 ? bytes.length + at : at)
  return changed
}
