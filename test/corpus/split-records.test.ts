import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type RecordRules, RecordSplitter } from "../../src/corpus/split-records.ts"

const comma = { delimiter: 0x2c, maxRowBytes: 1024 * 1024 }
const unquoted = { delimiter: undefined, maxRowBytes: 1024 * 1024 }

interface Seen {
  readonly text: string
  readonly line: number
  readonly end: number
  readonly problem: string | undefined
}

/** The records of a text that comes in blocks of so many bytes, the last size for all that is left. */
function split(text: string, rules: RecordRules = comma, sizes: readonly number[] = [Infinity]): Seen[] {
  const bytes = Buffer.from(text)
  const splitter = new RecordSplitter(rules, 0, 1)
  const seen: Seen[] = []
  const push = (block: Buffer, last: boolean) => {
    const { buffer, offset, records } = splitter.push(block, last)
    for (const { from, to, next, line, problem } of records)
      seen.push({ text: buffer.toString("utf8", from, to), line, end: offset + next, problem })
  }
  let at = 0
  for (let index = 0; at < bytes.length; index++) {
    const size = sizes[Math.min(index, sizes.length - 1)] as number
    push(bytes.subarray(at, at + size), false)
    at += size
  }
  push(Buffer.alloc(0), true)
  return seen
}

const texts = (text: string, rules?: RecordRules) => split(text, rules).map(seen => seen.problem ?? seen.text)

describe("RecordSplitter", () => {
  it("cuts at line ends, LF or CRLF, the last of which may be missing", () => {
    expect(split("a,b\nc,d\r\ne,f")).toEqual([
      { text: "a,b", line: 1, end: 4, problem: undefined },
      { text: "c,d", line: 2, end: 9, problem: undefined },
      { text: "e,f", line: 3, end: 12, problem: undefined },
    ])
  })

  it("passes over empty lines, and counts them", () => {
    expect(split("a\n\n\r\nb\n").map(({ text, line }) => [text, line])).toEqual([
      ["a", 1],
      ["b", 4],
    ])
  })

  it("keeps line ends inside quotes, and doubled quotes", () => {
    expect(split('1,"two\nlines, ""so""\r\n"\n2,b\n').map(({ text, line }) => [text, line])).toEqual([
      ['1,"two\nlines, ""so""\r\n"', 1],
      ["2,b", 4],
    ])
  })

  it("takes quotes inside of a field as they stand", () => {
    expect(texts('5" tv,it\'s 3" off\n"good" film,x\n')).toEqual(['5" tv,it\'s 3" off', '"good" film,x'])
  })

  it("takes quotes as they stand where no field is quoted", () => {
    expect(texts('"a\nb"\n', unquoted)).toEqual(['"a', 'b"'])
  })

  it("a quote that is never closed - one line with a problem, and the next record on the next line", () => {
    expect(split('1,"open\n2,b\n3,c\n').map(({ text, line, problem }) => [problem ?? text, line])).toEqual([
      ["a quote opens on line 1 and is not closed", 1],
      ["2,b", 2],
      ["3,c", 3],
    ])
  })

  it("a quote that is closed inside of a later text - one line with a problem", () => {
    expect(texts('1,"open\n2,the "best" one\n3,c\n')).toEqual([
      "a quote opens on line 1, and text follows the quote that closes it on line 2",
      '2,the "best" one',
      "3,c",
    ])
  })

  it("a line longer than maxRowBytes - a problem, and no more memory than a block", () => {
    const long = "x".repeat(5000)
    expect(texts(`a\n${long}\nb\n${long}`, { delimiter: 0x2c, maxRowBytes: 1024 })).toEqual([
      "a",
      "is longer than maxRowBytes, 1024",
      "b",
      "is longer than maxRowBytes, 1024",
    ])
  })

  it("a quote that stays open for longer than maxRowBytes - a problem of its line alone", () => {
    const rows = Array.from({ length: 200 }, (_, row) => `${row},abcdefgh`)
    expect(texts(`1,"open\n${rows.join("\n")}\n`, { delimiter: 0x2c, maxRowBytes: 1024 })).toEqual([
      "a quote opens on line 1 and is not closed within 1024 bytes",
      ...rows,
    ])
  })

  const pieces = fc.constantFrom('"', '""', ",", "\n", "\r\n", "\r", "a", "é", "bcd", '","', '"\n"')
  const content = fc.array(pieces, { maxLength: 60 }).map(parts => parts.join(""))
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 })

  it("gives the same records wherever the blocks end", () => {
    fc.assert(
      fc.property(content, sizes, fc.constantFrom(comma, unquoted), (text, sizes, rules) => {
        expect(split(text, rules, sizes)).toEqual(split(text, rules))
      }),
      { numRuns: 2000 },
    )
  })

  it("gives the same records wherever the blocks end, with rows that are too long", () => {
    const rules = { delimiter: 0x2c, maxRowBytes: 12 }
    fc.assert(
      fc.property(content, sizes, (text, sizes) => {
        expect(split(text, rules, sizes)).toEqual(split(text, rules))
      }),
      { numRuns: 2000 },
    )
  })

  it("goes on at any record as if it had read those before", () => {
    fc.assert(
      fc.property(content, fc.nat(), (text, pick) => {
        const whole = split(text)
        const at = whole.length === 0 ? 0 : pick % whole.length
        const before = whole[at]
        if (before === undefined) return
        const newlines = Buffer.from(text)
          .subarray(0, before.end)
          .filter(byte => byte === 0x0a).length
        const splitter = new RecordSplitter(comma, before.end, newlines + 1)
        const { buffer, offset, records } = splitter.push(Buffer.from(text).subarray(before.end), true)
        expect(
          records.map(({ from, to, next, line, problem }) => ({
            text: buffer.toString("utf8", from, to),
            line,
            end: offset + next,
            problem,
          })),
        ).toEqual(whole.slice(at + 1))
      }),
      { numRuns: 1000 },
    )
  })
})
