import zlib from "node:zlib"
import { describe, expect, it } from "vitest"
import { openZstdPages } from "../../../src/corpus/bytes/zstd-decoder.ts"
import { decode, flipped, rawFrame, zstdFrame } from "../decoders/decoded.ts"

const text = Array.from({ length: 20_000 }, (_, row) => `${row},a text of row ${row * 7919}\n`).join("")
const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])

describe("unzstd", () => {
  it.each([1, 1000, Infinity])("reads frames and passes over others, in blocks of %d bytes", async blockBytes => {
    const [one, other] = [await zstdFrame("a\n"), await rawFrame(["b\n", "", "c\n"])]
    const bytes = Buffer.concat([skippable, one, skippable, other, skippable])
    expect(await decode("zstd", bytes, blockBytes)).toEqual({ text: "a\nb\nc\n", notes: [], error: undefined })
  })

  it("reads a large frame", async () => {
    expect(await decode("zstd", await zstdFrame(text))).toEqual({ text, notes: [], error: undefined })
  })

  it("no bytes - an error: a file that is cut off entirely", async () => {
    const { text, error } = await decode("zstd", Buffer.alloc(0))
    expect(text).toBe("")
    expect(error).toContain("the Zstandard data is cut off: the file ends at byte 0")
  })

  it("a changed byte anywhere - an error, or the same text", async () => {
    const frame = await zstdFrame(text.slice(0, 300_000))
    for (let at = 0; at < frame.length; at += 211) {
      const { text: read, error } = await decode("zstd", flipped(frame, at), 8000)
      if (error === undefined) expect(read).toBe(text.slice(0, 300_000))
      else expect(error).toMatch(/at byte \d+$|needs the Zstandard dictionary|has a Zstandard window/)
    }
  })

  it("a wrong checksum - an error with its position, behind an empty last block too", async () => {
    const frame = await rawFrame(["good\n", ""])
    expect((await decode("zstd", flipped(frame, -1))).error).toContain(
      `does not match the checksum, at byte ${frame.length - 4}`.replace("does not", "contents do not"),
    )
    expect((await decode("zstd", flipped(frame, 10))).error).toContain("contents do not match the checksum")
  })

  it("every file that is cut off - an error with its length", async () => {
    const frame = await zstdFrame("some text that is not very long\n")
    for (let length = 1; length < frame.length; length++)
      expect((await decode("zstd", frame.subarray(0, length))).error).toMatch(
        new RegExp(`^DamagedInput: .* at byte (${length}|0)$`),
      )
  })

  it("padding behind the end - a note; anything else - an error at its position", async () => {
    const frame = await zstdFrame("a\n")
    expect(await decode("zstd", Buffer.concat([frame, Buffer.from("\0\0\r\n")]))).toEqual({
      text: "a\n",
      notes: ["4 bytes of padding after the end of the Zstandard data were ignored"],
      error: undefined,
    })
    expect(await decode("zstd", Buffer.concat([frame, Buffer.from("\nhello")]))).toMatchObject({
      text: "a\n",
      error: `DamagedInput: bytes that are not Zstandard follow its end at byte ${frame.length + 1}`,
    })
  })

  it("a block of the reserved kind, or too large - an error", async () => {
    const frame = await rawFrame(["a"])
    for (const fields of [0b111, (200_000 << 3) | 1]) {
      const bytes = Buffer.from(frame)
      bytes.writeUIntLE(fields, 6, 3)
      expect((await decode("zstd", bytes)).error).toContain("it has a block of no kind, at byte 6")
    }
  })

  it("a window of 2 GiB - read, or refused with the command", async () => {
    const { text: read, error } = await decode("zstd", await rawFrame(["a\n"], { windowDescriptor: 21 << 3 }))
    if ("createZstdDecompress" in zlib) expect([read, error]).toEqual(["a\n", undefined])
    else
      expect(error).toContain(
        "has a Zstandard window of 2 GiB, more than the 128 MiB that can be read here: unpack it with zstd -dc",
      )
  })

  it("a dictionary - refused, with its number", async () => {
    expect((await decode("zstd", await rawFrame(["a\n"], { dictionary: 7 }))).error).toContain("dictionary 7")
  })
})

describe("openZstdPages", () => {
  it("a page of another length than its header says - an error, before there is memory for it", async () => {
    const decompress = await openZstdPages()
    const { Zstd } = await import("@hpcc-js/wasm-zstd")
    const frame = (await Zstd.load()).compress(Buffer.from("good ".repeat(100)))
    expect(decompress(frame, 500).length).toBe(500)
    for (const length of [0, 499]) expect(() => decompress(frame, length)).toThrow()
    const longer = () => decompress(frame, 3_000_000_000)
    // Node's own decoder gives what there is, and the caller compares the lengths.
    if ("zstdDecompressSync" in zlib) expect(longer().length).toBe(500)
    else expect(longer).toThrow("its Zstandard data must hold 3000000000 bytes; it holds 500")
  })
})
