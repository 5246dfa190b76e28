import { Readable } from "node:stream"
import { crc32, deflateRawSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import { readBlocks } from "../../../src/corpus/bytes/read-blocks.ts"
import { flipped } from "../decoders/decoded.ts"
import { TemporaryFolder } from "../temporary-folder.ts"

interface Member {
  readonly name: string
  readonly content: string
  readonly stored?: boolean
  readonly flags?: number
}

/** A ZIP archive. */
function zip(...members: Member[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, content, stored = false, flags = 0 } of members) {
    const packed = stored ? Buffer.from(content) : deflateRawSync(content)
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(flags, 2)
    fields.writeUInt16LE(stored ? 0 : 8, 4)
    fields.writeUInt32LE(crc32(content), 10)
    fields.writeUInt32LE(packed.length, 14)
    fields.writeUInt32LE(Buffer.byteLength(content), 18)
    fields.writeUInt16LE(Buffer.byteLength(name), 22)
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), fields, Buffer.from(name), packed])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(offset, 10)
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00"), fields, rest, Buffer.from(name)]))
    parts.push(local)
    offset += local.length
  }
  const end = Buffer.alloc(18)
  end.writeUInt16LE(members.length, 4)
  end.writeUInt16LE(members.length, 6)
  end.writeUInt32LE(Buffer.concat(directory).length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...parts, ...directory, Buffer.from("PK\x05\x06"), end])
}

const content = Array.from({ length: 30_000 }, (_, row) => `${row},text ${row * 7919}\n`).join("")

async function read(archive: Buffer): Promise<string> {
  using folder = new TemporaryFolder()
  const path = folder.write("in.csv.zip", archive)
  const parts: Buffer[] = []
  for await (const part of readBlocks({ path, format: "csv", compression: "zip" }, 0, Readable.from([])))
    parts.push(part)
  return Buffer.concat(parts).toString()
}

describe("unzip", () => {
  it.each([true, false])("reads the only file, stored %s", async stored => {
    expect(await read(zip({ name: "reviews.csv", content, stored }))).toBe(content)
  })

  it("passes over folders and what macOS adds", async () => {
    const extra = ["a/", "__MACOSX/._reviews.csv", "a/.DS_Store"].map(name => ({ name, content: "" }))
    expect(await read(zip(...extra, { name: "a/reviews.csv", content: "text\n" }))).toBe("text\n")
  })

  it.each([
    [
      "several files",
      zip({ name: "a.csv", content }, { name: "b.csv", content }),
      /2 files, "a.csv", "b.csv": unpack it, or pipe one in: unzip -p \S+ NAME \| valence label/,
    ],
    ["no files", zip({ name: "a/", content: "" }), /is a ZIP archive without files/],
    [
      "an Excel workbook",
      zip({ name: "[Content_Types].xml", content }, { name: "xl/workbook.xml", content }),
      /is an Excel workbook: save it as CSV/,
    ],
    [
      "an OpenDocument file",
      zip({ name: "mimetype", content }, { name: "content.xml", content }),
      /is an OpenDocument file: save it as CSV/,
    ],
    ["an encrypted file", zip({ name: "a.csv", content, flags: 1 }), /is an encrypted ZIP archive/],
    [
      "a damaged file",
      flipped(zip({ name: "a.csv", content, stored: true }), 5000),
      /"a.csv" in the archive is damaged: its contents do not match the checksum at byte/,
    ],
    ["an archive that is cut off", zip({ name: "a.csv", content }).subarray(0, 9000), /file is truncated/],
  ])("%s - input_invalid", async (_, archive, message) => {
    await expect(read(archive)).rejects.toMatchObject({
      code: "input_invalid",
      message: expect.stringMatching(message),
    })
  })
})
