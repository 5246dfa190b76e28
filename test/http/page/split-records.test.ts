import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { firstRecord, splitFile } from "../../../src/http/page/file/split-records.js"

type Format = Parameters<typeof splitFile>[1]

const decoder = new TextDecoder("utf-8", { ignoreBOM: true })

async function partsOf(text: string, format: Format, bytes: number) {
  const parts: { text: string; records: number; end: number }[] = []
  for await (const { body, records, end } of splitFile(new Blob([text]), format, bytes))
    parts.push({ text: decoder.decode(await body.arrayBuffer()), records, end })
  return parts
}

describe("splitFile", () => {
  it.each([
    ["csv", 8, "a,b\n1,2\n3,4\n", ["a,b\n1,2\n", "a,b\n3,4\n"]],
    ["csv", 1, "a,b\n1,2\n3,4\n", ["a,b\n1,2\n", "a,b\n3,4\n"]],
    ["csv", 16, 'a,b\n1,"x\n\n""y"\n3,4', ['a,b\n1,"x\n\n""y"\n', "a,b\n3,4"]],
    ["csv", 17, '"a\nb"\n5"" tall\n6" x\n', ['"a\nb"\n5"" tall\n', '"a\nb"\n6" x\n']],
    ["csv", 18, '\ufeff"a\nb",c\r\n1,2\r\n3,4\r\n', ['\ufeff"a\nb",c\r\n1,2\r\n', '\ufeff"a\nb",c\r\n3,4\r\n']],
    ["tsv", 14, 'a\tb\n1\t"x\n2"\n3\t4,"\n5\t6', ['a\tb\n1\t"x\n2"\n', 'a\tb\n3\t4,"\n5\t6']],
    ["jsonl", 9, '{"a":1}\n{"a":"\\""}\n', ['{"a":1}\n', '{"a":"\\""}\n']],
    ["text", 6, 'one "\ntwo\n\nthree', ['one "\n', "two\n\n", "three"]],
    ["text", 6, "", []],
  ] as const)("%s, parts of %i bytes, %j - %j", async (format, bytes, text, expected) => {
    expect((await partsOf(text, format, bytes)).map(part => part.text)).toEqual(expected)
  })

  it("counts records that are not empty, without the header", async () => {
    const parts = await partsOf("a\r\n1\r\n\r\n2\r\n3", "csv", 9)
    expect(parts.map(({ records }) => records)).toEqual([1, 2])
    expect(parts.at(-1)?.end).toBe(12)
  })

  it("any rows, parts of any size - every row is there once, in order, behind the header", async () => {
    const field = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "é") })
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
    await fc.assert(
      fc.asyncProperty(fc.array(field), fc.integer({ min: 1, max: 40 }), async (fields, bytes) => {
        const header = "id,text\n"
        const all = fields.map((text, index) => `${index},${quoted(text)}\n`)
        const parts = await partsOf(header + all.join(""), "csv", bytes)
        const bodies = parts.map(({ text }) => {
          expect(text.startsWith(header)).toBe(true)
          return text.slice(header.length)
        })
        expect(bodies.join("")).toBe(all.join(""))
        expect(parts.reduce((sum, { records }) => sum + records, 0)).toBe(all.length)
      }),
    )
  })
})

describe("firstRecord", () => {
  it.each([
    ['a,"b\nc"\n1', 8],
    ["a,b", 3],
  ])("%j - %i bytes", (text, bytes) => {
    expect(firstRecord(new TextEncoder().encode(text), "csv")).toBe(bytes)
  })
})
