import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { ValueSplitter } from "../../../src/corpus/records/split-values.ts"

type Begin = "none" | "expected" | "begun"

/** The values of a text that comes in blocks of so many bytes: `LINE: TEXT`, or `LINE! PROBLEM`. */
function split(text: string, array: Begin = "none", size = Infinity, maxRowBytes = 1024) {
  const bytes = Buffer.from(text)
  const splitter = new ValueSplitter(maxRowBytes, array, 0, 1)
  const seen: string[] = []
  const ends: { bytes: number; line: number }[] = []
  const push = (block: Buffer, last: boolean) => {
    const { buffer, offset, records } = splitter.push(block, last)
    for (const { from, to, next, line, lines, problem } of records) {
      seen.push(problem === undefined ? `${line}: ${buffer.toString("utf8", from, to)}` : `${line}! ${problem}`)
      ends.push({ bytes: offset + next, line: line + lines })
    }
  }
  for (let at = 0; at < bytes.length; at += size) push(bytes.subarray(at, at + size), false)
  push(Buffer.alloc(0), true)
  return { seen, ends }
}

describe("ValueSplitter", () => {
  it("values that follow each other, on as many lines as they have", () => {
    expect(split('{\n "a": "}\\"{"\n}\n\n{"b":[1,{}]} 7\n"x"').seen).toEqual([
      '1: {\n "a": "}\\"{"\n}',
      '5: {"b":[1,{}]}',
      "5: 7",
      '6: "x"',
    ])
  })

  it("the elements of an array", () => {
    expect(split(' [{"a":1},\n{"b":[2]} , null,3]\n', "expected").seen).toEqual([
      '1: {"a":1}',
      '2: {"b":[2]}',
      "2: null",
      "2: 3",
    ])
    expect(split("[]", "expected").seen).toEqual([])
  })

  it.each<[string, Begin, string[]]>([
    [
      '[{"a":1}',
      "expected",
      ['1: {"a":1}', expect.stringMatching(/^1! .*array is not closed: the file may be cut off/)],
    ],
    ['[{"a":1},\n{"b"', "expected", ['1: {"a":1}', expect.stringMatching(/^2! is cut off/), expect.anything()]],
    ['[1]\n{"a":1}', "expected", ["1: 1", "2! comes after the end of the array"]],
    [`{"a":"${"x".repeat(2000)}"}{"b":1}`, "none", ["1! is longer than maxRowBytes, 1024", '1: {"b":1}']],
  ])("%s - problems", (text, array, expected) => expect(split(text, array).seen).toEqual(expected))

  const value = fc.json({ maxDepth: 3 }).filter(json => /^[{[]/.test(json))
  const space = fc.constantFrom("", " ", "\n", "\r\n\t")

  it("gives the values that were written wherever the blocks end, and from any of them on", () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 6 }), space, fc.integer({ min: 1, max: 9 }), (values, gap, size) => {
        const text = `[${gap}${values.join(`${gap},${gap}`)}${gap}]`
        const whole = split(text, "expected", Infinity, 100_000)
        expect(whole.seen.map(seen => seen.replace(/^\d+: /, ""))).toEqual(values)
        expect(split(text, "expected", size, 100_000)).toEqual(whole)
        for (const [index, end] of whole.ends.entries()) {
          const rest = split(Buffer.from(text).subarray(end.bytes).toString(), "begun", Infinity, 100_000).seen
          expect(rest.map(seen => seen.replace(/^\d+: /, ""))).toEqual(values.slice(index + 1))
        }
      }),
      { numRuns: 300 },
    )
  })

  it("gives the same problems wherever the blocks end", () => {
    const bytes = fc.array(fc.constantFrom("{", "}", "[", "]", '"', "\\", ",", "\n", "a", "1"), { maxLength: 40 })
    fc.assert(
      fc.property(
        bytes,
        fc.integer({ min: 1, max: 5 }),
        fc.constantFrom<Begin>("none", "expected"),
        (parts, size, array) => {
          const text = parts.join("")
          expect(split(text, array, size, 12)).toEqual(split(text, array, Infinity, 12))
        },
      ),
      { numRuns: 1000 },
    )
  })
})
