import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { RecordRules } from "../../../src/corpus/records/record.ts"
import { RecordSplitter } from "../../../src/corpus/records/split-records.ts"

const comma = { delimiter: 0x2c, maxRowBytes: 1024 * 1024 }
const escaping = { ...comma, escape: 0x5c }
const unquotedEscaping = { ...escaping, delimiter: undefined }
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

  describe("quotes that are escaped by backslashes", () => {
    const torn = '1,"First \\"line\\"\nsecond line, more"\n2,plain\n'
    const option = expect.stringContaining("use escape '\\'")

    it("escape - keeps the record whole", () => {
      expect(texts(torn, escaping)).toEqual(
        torn
          .trimEnd()
          .split("\n2")
          .map((part, at) => (at === 0 ? part : `2${part}`)),
      )
      expect(texts('1,"ends \\\\"\n2,"\\""\n', escaping)).toEqual(['1,"ends \\\\"', '2,"\\""'])
    })

    it("no escape - all lines of the record are one problem that names the option", () => {
      expect(split(torn).map(({ text, line, problem }) => [problem ?? text, line])).toEqual([
        [option, 1],
        ["2,plain", 3],
      ])
    })

    it.each([
      ["text after the quote", '1,"She said \\"great\\", then left"\n2,plain\n', 2],
      ["nothing after the quote but a comma", '1,"Size 5\\", big"\n2,plain\n', 2],
      ["a comma after the quote, over lines", '1,"Size 5\\",\nbig, really"\n2,plain\n', 3],
      ["a quoted field over lines after it", '"a \\"b\\"\nc","d\ne"\n2,plain\n', 4],
      ["no quote that closes it", '1,"Size 5\\" big\n2,plain\n', 2],
    ])("%s - one problem, and the next row", (_, text, line) => {
      expect(split(text).map(({ text, line, problem }) => [problem ?? text, line])).toEqual([
        [option, 1],
        ["2,plain", line],
      ])
    })

    it("a field that ends in a backslash - is no problem", () => {
      expect(texts('1,"C:\\dir\\"\n"C:\\","b"\n"C:\\",""\n2,"b, c"\n')).toEqual([
        '1,"C:\\dir\\"',
        '"C:\\","b"',
        '"C:\\",""',
        '2,"b, c"',
      ])
    })

    it("a quote that is doubled after a backslash and not closed - names the option too", () => {
      expect(texts('1,"5\\""\n2,"b"\n')).toEqual([option, '2,"b"'])
    })

    it("no quotes, escape - a line end after a backslash is no end", () => {
      const text = "1\ta\\\nb\n2\tc\\\\\n3\td\\\r\ne\n"
      expect(split(text, unquotedEscaping).map(({ text, line }) => [text, line])).toEqual([
        ["1\ta\\\nb", 1],
        ["2\tc\\\\", 3],
        ["3\td\\\r\ne", 4],
      ])
    })
  })

  it("quotes within a quoted field that are not doubled - all lines of the record are one problem", () => {
    const torn = '1,"First "line"\nin the middle, of it\nlast, more"\n2,plain\n'
    expect(split(torn).map(({ text, line, problem }) => [problem ?? text, line])).toEqual([
      ["a quote opens on line 1, and quotes within its field are not doubled", 1],
      ["2,plain", 4],
    ])
  })

  it("an odd number of quotes in a field that no later quote closes - as they stand", () => {
    const rows = ['1,"TV 40" wide"', "2,plain", '3,"quoted"', '4,"TV 40" wide"', '5,40" tv']
    expect(texts(`${rows.join("\n")}\n`)).toEqual(rows)
  })

  const kilobytes = 256
  it.each<[string, string, string, RecordRules]>([
    ["a line without end", "text\n", "x", comma],
    ["a line without end, of a format without quotes", "text\n", "x", unquoted],
    ["a quote that is not closed", 'text\n"', "x", comma],
    ["a quote that is not closed, and lines", 'text\n0,"a\n', "1,good film\n", comma],
    ["a quoted field and text after it", 'text,b\n"a",', "x", comma],
    ["doubled quotes", 'text\n"', '""', comma],
    ["quotes that stand", "text\n", '"a"b,', comma],
    ["quoted fields of one record", "text\n", '"a\nb",', comma],
    ["quotes after backslashes", 'text\n"', '\\"', comma],
    ["escaped quotes", 'text\n"', '\\"', escaping],
    ["escapes", "text\n", "\\\n", unquotedEscaping],
    ["fields that end in a backslash", "text\n", '"a\\",b\n', comma],
    ["odd quotes", "text\n", '"a "b"\n', comma],
    ["rows with a stray quote each", "text\n", '1,"a\n2,b\n', comma],
  ])("%s - work in proportion to the bytes, whatever the blocks", (_, head, unit, rules) => {
    const bytes = Buffer.from(head + unit.repeat((kilobytes * 1024) / unit.length))
    for (const size of [7, 64, 5000, bytes.length]) {
      const splitter = new RecordSplitter({ ...rules, maxRowBytes: 100 * 1024 }, 0, 1)
      for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size))
      splitter.push(Buffer.alloc(0), true)
      expect(splitter.work / bytes.length, `blocks of ${size}`).toBeLessThan(12)
    }
  })

  const pieces = fc.constantFrom('"', '""', '\\"', "\\", 'x"', ",", "\n", "\r\n", "\r", "a", "é", "bcd", '","', '"\n"')
  const content = fc.array(pieces, { maxLength: 60 }).map(parts => parts.join(""))
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 20 })

  it("gives the same records wherever the blocks end", () => {
    fc.assert(
      fc.property(
        content,
        sizes,
        fc.constantFrom(comma, unquoted, escaping, unquotedEscaping),
        (text, sizes, rules) => {
          expect(split(text, rules, sizes)).toEqual(split(text, rules))
        },
      ),
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
