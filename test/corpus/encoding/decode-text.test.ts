import iconv from "iconv-lite"
import { describe, expect, it } from "vitest"
import { decodeText } from "../../../src/corpus/encoding/decode-text.ts"
import { encodings, findEncoding, type TextEncoding } from "../../../src/corpus/encoding/encodings.ts"

async function decode(bytes: Buffer, encoding: TextEncoding, blockBytes = 3): Promise<string> {
  async function* blocks() {
    for (let at = 0; at < bytes.length; at += blockBytes) yield bytes.subarray(at, at + blockBytes)
  }
  const parts: Buffer[] = []
  for await (const part of decodeText(blocks(), encoding)) parts.push(part)
  return Buffer.concat(parts).toString("latin1")
}

const utf8 = (text: string) => Buffer.from(text).toString("latin1")

describe("decodeText", () => {
  it.each(encodings)("%s - is known to the decoder", encoding => {
    expect(iconv.encodingExists(encoding)).toBe(true)
  })

  it.each<[TextEncoding, string]>([
    ["windows-1252", "café – “très” €"],
    ["iso-8859-15", "cœur €"],
    ["windows-1251", "хорошо"],
    ["koi8-r", "хорошо"],
    ["shift_jis", "とても良い｡ﾊﾝｶｸ"],
    ["euc-jp", "最悪だ"],
    ["gb18030", "很好😀龍"],
    ["big5", "很好"],
    ["euc-kr", "좋아요"],
    ["cp437", "café ░"],
    ["utf-16le", "a😀é\ufffd"],
    ["utf-16be", "a😀é\ufffd"],
    ["utf-32le", "a😀é"],
    ["utf-32be", "a😀é"],
  ])("%s - read in blocks of any length", async (encoding, text) => {
    const bytes = iconv.encode(`${text}\n${text}\n`, encoding, { addBOM: false })
    for (const blockBytes of [1, 2, 3, 5, Infinity])
      expect(await decode(bytes, encoding, blockBytes)).toBe(utf8(`${text}\n${text}\n`))
  })

  it("a byte order mark - left out", async () => {
    expect(await decode(iconv.encode("ab\n", "utf-16le", { addBOM: true }), "utf-16le")).toBe("ab\n")
  })

  it.each<[TextEncoding, number[], string]>([
    ["windows-1252", [0x61, 0x81, 0x62], "a\xffb"],
    ["shift_jis", [0x61, 0x82, 0x0a, 0x62], "a\xff\nb"],
    ["gb18030", [0x61, 0xff, 0x0a, 0x62], "a\xff\nb"],
    ["euc-kr", [0x61, 0xb1], "a\xff"],
    ["utf-16le", [0x61, 0, 0x00, 0xd8, 0x0a, 0, 0x62, 0], "a\xff\nb"],
    ["utf-16be", [0, 0x61, 0xdc, 0x00, 0, 0x62], "a\xffb"],
    ["utf-16le", [0x61, 0, 0x0a], "a\xff"],
    ["utf-16le", [0x61, 0, 0x00, 0xd8], "a\xff"],
    ["utf-32le", [0x61, 0, 0, 0, 0, 0, 0x11, 0], "a\xff"],
    ["utf-32be", [0, 0, 0, 0x61, 0, 0], "a\xff\xff"],
  ])("%s, %j - what is not valid becomes a byte that UTF-8 does not have", async (encoding, bytes, expected) => {
    for (const blockBytes of [2, 3, Infinity])
      expect(await decode(Buffer.from(bytes), encoding, blockBytes)).toBe(expected)
  })

  it.each<[TextEncoding, Buffer, string]>([
    ["utf-16le", Buffer.from("id,text\n"), "input is UTF-8, not utf-16le: leave out --encoding"],
    ["utf-32be", Buffer.from("hello"), "input is UTF-8, not utf-32be"],
    ["windows-1252", Buffer.from("\ufeffid"), "input is UTF-8, not windows-1252"],
    ["windows-1252", Buffer.from("id\n", "utf16le"), "--encoding utf-16le"],
    ["utf-16be", Buffer.from("\ufeffid\n", "utf16le"), "--encoding utf-16le"],
  ])("%s of another encoding - input_invalid", async (encoding, bytes, message) => {
    await expect(decode(bytes, encoding, Infinity)).rejects.toMatchObject({
      code: "input_invalid",
      message: expect.stringContaining(message),
    })
  })
})

describe("findEncoding", () => {
  it.each([
    ["Latin-1", "windows-1252"],
    ["ISO_8859-1", "windows-1252"],
    ["cp1252", "windows-1252"],
    ["SJIS", "shift_jis"],
    ["gbk", "gb18030"],
    ["UTF16LE", "utf-16le"],
    ["utf_8", "utf-8"],
    ["US-ASCII", "utf-8"],
    ["klingon", undefined],
    ["", undefined],
  ])("%s is %s", (name, encoding) => {
    expect(findEncoding(name)).toBe(encoding)
  })
})
