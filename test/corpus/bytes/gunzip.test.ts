import { createHash } from "node:crypto"
import { constants, crc32, gzipSync } from "node:zlib"
import { describe, expect, it } from "vitest"
import { ByteSource } from "../../../src/corpus/bytes/byte-source.ts"
import { gunzip } from "../../../src/corpus/bytes/gunzip.ts"
import { decode, flipped } from "../decoders/decoded.ts"

const text = Array.from(
  { length: 20_000 },
  (_, row) => `${row},${createHash("md5").update(`${row}`).digest("hex")}\n`,
).join("")

/** A gzip with every field that a header may have. */
function withHeader(content: string): Buffer {
  const header = [Buffer.from([0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 3]), Buffer.from([3, 0, 1, 2, 3])]
  header.push(Buffer.from("name.csv\0"), Buffer.from(`${"comment ".repeat(100)}\0`))
  const crc = Buffer.alloc(2)
  crc.writeUInt16LE(crc32(Buffer.concat(header)) % 2 ** 16)
  return Buffer.concat([...header, crc, gzipSync(content).subarray(10)])
}

describe("gunzip", () => {
  it.each([1, 7, 1000, Infinity])("reads member after member, in blocks of %d bytes", async blockBytes => {
    const members = Buffer.concat(["a\n", "", "b\n", "c\n"].map(part => gzipSync(part)))
    expect(await decode("gzip", members, blockBytes)).toEqual({ text: "a\nb\nc\n", notes: [], error: undefined })
  })

  it("no bytes - an error: a file that is cut off entirely", async () => {
    const { text, error } = await decode("gzip", Buffer.alloc(0))
    expect(text).toBe("")
    expect(error).toContain("the gzip data is cut off: the file ends at byte 0")
  })

  it("reads a large member, and every kind of header", async () => {
    const bytes = Buffer.concat([withHeader(text), withHeader("end\n")])
    expect(await decode("gzip", bytes)).toEqual({ text: `${text}end\n`, notes: [], error: undefined })
  })

  it("reads a member that follows padding", async () => {
    const bytes = Buffer.concat([gzipSync("a\n"), Buffer.alloc(512), gzipSync("b\n")])
    expect(await decode("gzip", bytes)).toEqual({ text: "a\nb\n", notes: [], error: undefined })
  })

  it.each(["\n\n", "\0".repeat(3000)])("padding behind the end - a note", async padding => {
    expect(await decode("gzip", Buffer.concat([gzipSync("a\n"), Buffer.from(padding)]))).toEqual({
      text: "a\n",
      notes: [`${padding.length} bytes of padding after the end of the gzip data were ignored`],
      error: undefined,
    })
  })

  it("anything else behind the end - an error at its position, after the rows", async () => {
    const gzip = gzipSync("a\n")
    expect(await decode("gzip", Buffer.concat([gzip, Buffer.from("\nid,text\n")]))).toMatchObject({
      text: "a\n",
      error: `DamagedInput: the gzip data has ended, and bytes that are not gzip follow at byte ${gzip.length + 1}`,
    })
  })

  it("a changed byte anywhere - an error, or the same text", async () => {
    const gzip = withHeader(text.slice(0, 100_000))
    const errors: string[] = []
    for (let at = 0; at < gzip.length; at += 97) {
      const { text: read, error } = await decode("gzip", flipped(gzip, at), 8000)
      if (error === undefined) expect(read).toBe(text.slice(0, 100_000))
      else errors.push(error)
    }
    expect(errors.length).toBeGreaterThan(500)
    for (const error of errors) expect(error).toMatch(/ at byte \d+$/)
  })

  it("checksum and length - verified", async () => {
    const gzip = gzipSync("a text\n")
    expect((await decode("gzip", flipped(gzip, -8))).error).toContain("do not match the checksum")
    expect((await decode("gzip", flipped(gzip, -1))).error).toContain("do not have the length")
  })

  it("every file that is cut off - an error with its length", async () => {
    const gzip = withHeader("some text\n")
    for (let length = 1; length < gzip.length; length++)
      expect((await decode("gzip", gzip.subarray(0, length))).error).toMatch(
        new RegExp(`^DamagedInput: .* at byte (${length}|0)$`),
      )
  })

  it("decompresses no further than it is asked to", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024), { level: constants.Z_BEST_COMPRESSION })
    let fed = 0
    async function* blocks() {
      for (; fed < bomb.length; fed += 1024) yield bomb.subarray(fed, fed + 1024)
    }
    const decoded = gunzip(new ByteSource(blocks()), () => {})
    const { value } = await decoded.next()
    expect(value.length).toBeLessThanOrEqual(128 * 1024)
    expect(fed).toBeLessThan(10_000)
    await decoded.return(undefined)
  })

  it("an error of what is read - itself", async () => {
    // biome-ignore lint/correctness/useYield: it fails before its first block
    async function* broken(): AsyncGenerator<Buffer> {
      throw new Error("EIO")
    }
    await expect(gunzip(new ByteSource(broken()), () => {}).next()).rejects.toThrow("EIO")
  })
})
