import iconv from "iconv-lite"
import { describe, expect, it } from "vitest"
import { wideEncodingOf } from "../src/unicode-kind.ts"

const texts = {
  English: "id,text\n1,I love it\n2,never again\n",
  "one word": "hi",
  Russian: "Это хорошо\nА это плохо\n".repeat(20),
  Chinese: "很好\n一点也不好\n".repeat(20),
  Greek: "καλό,\nκακό\n".repeat(20),
  CR: "one\rtwo\r",
}

describe("wideEncodingOf", () => {
  it.each(
    Object.entries(texts).flatMap(([name, text]) =>
      (["UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"] as const).map(encoding => [name, encoding, text] as const),
    ),
  )("%s in %s - recognised with and without a byte order mark", (_, encoding, text) => {
    expect(wideEncodingOf(iconv.encode(text, encoding, { addBOM: false }))).toEqual({ name: encoding, hasMark: false })
    expect(wideEncodingOf(iconv.encode(text, encoding, { addBOM: true }))).toEqual({ name: encoding, hasMark: true })
  })

  it.each([
    ...Object.values(texts),
    "",
    "a text with one \0 in it\nand another line\n",
    `${"x".repeat(31)}\0\n`.repeat(9),
    "caf\u00e9",
  ])("%j in UTF-8 - undefined", text => {
    expect(wideEncodingOf(Buffer.from(text))).toBeUndefined()
  })

  it("Latin-1, and bytes with zeros among them - undefined", () => {
    expect(wideEncodingOf(Buffer.from("caf\xe9 \0 noir\ntr\xe8s\n", "latin1"))).toBeUndefined()
    expect(wideEncodingOf(Buffer.from([1, 0, 0, 7, 9, 200, 0, 3, 4, 5, 6, 7]))).toBeUndefined()
  })
})
