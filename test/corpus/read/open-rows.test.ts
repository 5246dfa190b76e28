import { Readable } from "node:stream"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { gzipSync } from "node:zlib"
import { stringify } from "csv-stringify/sync"
import fc from "fast-check"
import iconv from "iconv-lite"
import { describe, expect, it } from "vitest"
import { type InputFormat, standardStream } from "../../../src/corpus/formats.ts"
import { readOptions } from "../../../src/corpus/options.ts"
import { openRows } from "../../../src/corpus/read/open-rows.ts"
import { hasZeroBytes } from "../../../src/corpus/rows/row-reader.ts"
import type { InputPosition, OpenRows } from "../../../src/corpus/rows/row-source.ts"
import { completeOptions, type Given } from "../../../src/declaration.ts"
import { TemporaryFolder } from "../temporary-folder.ts"

type Options = Given<typeof readOptions>

/** Opens what comes from standard input, in blocks of so many bytes. */
function open(format: InputFormat, content: string | Buffer, options: Options = {}, blockBytes = Infinity) {
  const bytes = Buffer.from(content as string)
  const blocks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += blockBytes) blocks.push(bytes.subarray(at, at + blockBytes))
  const input = { path: standardStream, format, compression: undefined }
  return openRows(input, completeOptions(readOptions, options), Readable.from(blocks))
}

/** The rows as lines: `LINE: TEXT` or `LINE! PROBLEM`. */
async function list(rows: OpenRows, from?: InputPosition): Promise<string[]> {
  const seen: string[] = []
  for await (const batch of rows.rows(from))
    for (const row of batch)
      seen.push(row.problem === undefined ? `${row.line}: ${row.text}` : `${row.line}! ${row.problem}`)
  return seen
}

const read = async (...opened: Parameters<typeof open>) => list(await open(...opened))

describe("openRows", () => {
  describe("csv", () => {
    it("finds header, text column and rows", async () => {
      const rows = await open("csv", "id,Review\n1,good\n2,bad\n")
      expect(rows).toMatchObject({ columns: ["id", "Review"], column: "Review", bom: false, lineEnding: "\n" })
      expect(rows.start).toEqual({ bytes: 10, line: 2 })
      expect(await list(rows)).toEqual(["2: good", "3: bad"])
    })

    it("a header that comes in many small blocks", async () => {
      const rows = await open(
        "csv",
        `${"column,".repeat(3)}${"x".repeat(500)},text\n1,2,3,4,a\n`.replace(/column/g, () => `c${Math.random()}`),
        {},
        8,
      )
      expect(await list(rows)).toEqual(["2: a"])
    })

    it("reads UTF-8 with a byte order mark", async () => {
      const rows = await open("csv", "\ufefftext,id\nschön,1\n")
      expect(rows).toMatchObject({ columns: ["text", "id"], bom: true })
      expect(await list(rows)).toEqual(["2: schön"])
    })

    it("reads quoted line ends and quotes, and CRLF", async () => {
      const rows = await open("csv", 'id,text\r\n1,"two\r\nlines, ""so"""\r\n2,plain\r\n')
      expect(rows.lineEnding).toBe("\r\n")
      expect(await list(rows)).toEqual(['2: two\r\nlines, "so"', "4: plain"])
    })

    it("ragged rows - problems of their own", async () => {
      expect(await read("csv", "id,text\n1,a,x\n2\n\n3,c")).toEqual([
        "2! has 3 fields, and the header 2",
        "3! has 1 field, and the header 2",
        "5: c",
      ])
    })

    it("bytes that are no UTF-8 - a problem of their row", async () => {
      const content = Buffer.concat([Buffer.from("id,text\n1,"), Buffer.from([0xff]), Buffer.from("\n2,b\n")])
      expect(await read("csv", content)).toEqual(["2! is not valid UTF-8", "3: b"])
    })

    it("quotes: none - quotes are ordinary characters", async () => {
      expect(await read("csv", 'id,text\n1,"open\n2,b"\n', { quotes: "none" })).toEqual(['2: "open', '3: b"'])
    })

    it("an empty cell is an empty text", async () => {
      expect(await read("csv", 'id,text\n1,\n2,""\n')).toEqual(["2: ", "3: "])
    })

    it("maxRowBytes - a longer row is a problem", async () => {
      const content = `id,text\n1,${"x".repeat(2000)}\n2,b\n`
      expect(await read("csv", content, { maxRowBytes: 1024 })).toEqual(["2! is longer than maxRowBytes, 1024", "3: b"])
    })

    it("nothing - input_invalid", async () => {
      await expect(open("csv", "")).rejects.toMatchObject({
        code: "input_invalid",
        message: "input is empty: its first row must name the columns",
      })
    })

    it("a header that cannot be read - input_invalid, with its line", async () => {
      await expect(open("csv", '\nid,"text\n1,a\n')).rejects.toMatchObject({
        code: "input_invalid",
        message: "line 2, the header, a quote opens on line 2 and is not closed",
      })
    })

    it("UTF-16 - input_invalid, with the way out", async () => {
      await expect(open("csv", Buffer.from("\ufeffid,text\n", "utf16le"))).rejects.toMatchObject({
        code: "input_invalid",
        message: expect.stringContaining("iconv -f UTF-16 -t UTF-8"),
      })
    })

    it.each(["utf-16le", "utf-16be", "utf-32le", "utf-32be"] as const)(
      "%s without a byte order mark - input_invalid with the option, and read with it",
      async encoding => {
        const content = iconv.encode("id,text\n1,schön\n", encoding, { addBOM: false })
        for (const blockBytes of [1, 5, Infinity]) {
          await expect(open("csv", content, {}, blockBytes)).rejects.toMatchObject({
            code: "input_invalid",
            message: expect.stringContaining(`read it with --encoding ${encoding}, or convert it: iconv -f`),
          })
          expect(await read("csv", content, { encoding }, blockBytes)).toEqual(["2: schön"])
        }
      },
    )

    it("encoding - what is not valid in it is a problem of its row or header", async () => {
      const content = Buffer.concat([
        Buffer.from("id,text\n1,"),
        Buffer.from([0x81]),
        Buffer.from("\n2,\xe9\n", "latin1"),
      ])
      const encoding = "windows-1252"
      expect(await read("csv", content, { encoding })).toEqual(["2! is not valid windows-1252", "3: é"])
      await expect(open("csv", Buffer.from([0x81, 0x0a]), { encoding })).rejects.toMatchObject({
        message: "line 1, the header, is not valid windows-1252",
      })
    })

    it("a header that is not UTF-8 - input_invalid, with the likely encoding", async () => {
      await expect(open("csv", Buffer.from("id,text,pr\xe9nom\n1,a,b\n", "latin1"))).rejects.toMatchObject({
        code: "input_invalid",
        message:
          "line 1, the header, is not valid UTF-8: if the file is windows-1252, read it with --encoding windows-1252",
      })
    })

    it("notes - the likely encoding of rows that are not UTF-8, once", async () => {
      const rows = await open("csv", Buffer.from("id,text\n1,caf\xe9\n2,tr\xe8s\n3,ok\n", "latin1"))
      expect(await rows.notes()).toEqual([])
      expect(await list(rows)).toHaveLength(3)
      expect(await rows.notes()).toEqual([expect.stringMatching(/^2 rows are not UTF-8: .*--encoding windows-1252/)])
    })

    it("lines that end in carriage returns alone - rows, in blocks of any length", async () => {
      for (const blockBytes of [1, 7, Infinity]) {
        expect(await read("csv", 'id,text\r1,good\r2,"two\rlines"\r', {}, blockBytes)).toEqual([
          "2: good",
          "3: two\nlines",
        ])
        expect(await read("text", "one\rtwo\r\rthree", {}, blockBytes)).toEqual(["1: one", "2: two", "4: three"])
        expect(await read("jsonl", '{"text":"a"}\r{"text":"b"}\r', {}, blockBytes)).toEqual(["1: a", "2: b"])
      }
    })

    it("a carriage return among newlines - a problem of its row, unless it is quoted or ends it", async () => {
      expect(await read("csv", 'text\r\na\rb\r\nc\r\n"d\re"\r\nf\r\r\n')).toEqual([
        expect.stringContaining("2! has a carriage return (CR) outside quotes"),
        "3: c",
        "4: d\re",
        "5: f",
      ])
      expect(await read("text", "a\rb\nc\n")).toEqual([expect.stringContaining("1! has a carriage return"), "2: c"])
    })

    it("rows in UTF-16 after rows in UTF-8 - a problem of their own; a zero byte alone is not", async () => {
      const mixed = Buffer.concat([Buffer.from("text\nab\0cd\n"), Buffer.from("awful\n", "utf16le")])
      expect(await read("csv", mixed)).toEqual(["2: ab\0cd", `3! ${hasZeroBytes}`, `4! ${hasZeroBytes}`])
      expect((await read("text", mixed)).at(2)).toBe(`3! ${hasZeroBytes}`)
    })

    it("a cell of \\N, which databases write for NULL - an empty text", async () => {
      expect(await read("csv", "id,text,title\n1,\\N,a\n2,a\\Nb,\\N\n", { column: "text,title" })).toEqual([
        "2: a",
        "3: a\\Nb",
      ])
      expect(await read("tsv", "id\ttext\n1\t\\N\n")).toEqual(["2: "])
    })

    it("an archive from standard input - the command has a place for its name", async () => {
      await expect(open("csv", Buffer.from("PK\x03\x04rest"))).rejects.toMatchObject({
        message: "input - holds a ZIP archive: pipe it in: unzip -p FILE | valence label - --format csv",
      })
    })

    it("standard input that is compressed - read as what it is; other contents are named", async () => {
      for (const blockBytes of [1, Infinity])
        expect(await read("csv", gzipSync("text\ngood\n"), {}, blockBytes)).toEqual(["2: good"])
      await expect(open("csv", "PK\x03\x04....")).rejects.toMatchObject({
        code: "input_invalid",
        message: expect.stringContaining("holds a ZIP archive"),
      })
      await expect(open("csv", gzipSync(gzipSync("text\n")))).rejects.toMatchObject({
        message: expect.stringContaining("holds a gzip file"),
      })
    })

    it("no column by a known name - option_invalid, with the columns", async () => {
      await expect(open("csv", "id,words\n1,a\n")).rejects.toMatchObject({
        code: "option_invalid",
        message: expect.stringContaining('the input has "id", "words"'),
      })
    })

    it("column - without a header a number, otherwise option_invalid with the range", async () => {
      await expect(open("csv", "1,good\n", { header: false, column: "3" })).rejects.toMatchObject({
        message: 'column must be a number, 1 to 2, because the columns have no names; got "3"',
      })
    })

    it("column - the one asked for, in any case", async () => {
      const content = "id,text,Note\n1,a,b\n"
      expect(await read("csv", content, { column: "note" })).toEqual(["2: b"])
      await expect(open("csv", content, { column: "notes" })).rejects.toMatchObject({
        code: "option_invalid",
        message: 'column must be one of the input\'s columns, "id", "text", "Note"; got "notes"; did you mean "Note"?',
      })
    })

    const cell = fc.array(fc.constantFrom("a", '"', ",", "\n", "\r\n", "é", " ", "😀"), { maxLength: 8 })
    const row = fc.tuple(cell, cell, cell).map(cells => cells.map(parts => parts.join("")))

    it("gives the cells that were written, whatever is in them and wherever blocks end", async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(row, { maxLength: 12 }),
          fc.integer({ min: 1, max: 40 }),
          async (cells, blockBytes) => {
            const content = stringify([["id", "text", "more"], ...cells])
            const rows = await open("csv", content, {}, blockBytes)
            const seen: string[][] = []
            for await (const batch of rows.rows())
              for (const row of batch) seen.push(row.problem === undefined ? row.cells().map(({ text }) => text) : [])
            expect(seen).toEqual(cells)
          },
        ),
        { numRuns: 300 },
      )
    })

    const raw = fc.array(fc.constantFrom("a", '"', ",", "\n", "\r\n", "é", '""', ' "'), { maxLength: 60 })

    it("gives the same rows of any bytes wherever blocks end, and from any row on", async () => {
      await fc.assert(
        fc.asyncProperty(raw, fc.integer({ min: 1, max: 20 }), async (parts, blockBytes) => {
          using folder = new TemporaryFolder()
          const content = `id,text\n${parts.join("")}`
          const whole = await read("csv", content)
          expect(await read("csv", content, {}, blockBytes)).toEqual(whole)
          const input = { path: folder.write("in.csv", content), format: "csv", compression: undefined } as const
          const options = completeOptions(readOptions, {})
          const rows = await openRows(input, options, process.stdin)
          const positions: InputPosition[] = []
          for await (const batch of rows.rows())
            for (const { end, endLine } of batch) positions.push({ bytes: end, line: endLine })
          for (const [index, position] of positions.entries()) {
            const again = await openRows(input, options, process.stdin)
            expect(await list(again, position)).toEqual(whole.slice(index + 1))
          }
        }),
        { numRuns: 100 },
      )
    })
  })

  it("tsv - tabs between fields, commas within", async () => {
    expect(await read("tsv", "sentence\tlabel\nGood, yes\t1\n")).toEqual(["2: Good, yes"])
  })

  describe("jsonl", () => {
    it("finds the text field, and keeps the fields of the first row as columns", async () => {
      const rows = await open("jsonl", '{"id":1,"review":"good","n":1.50}\n{"review":"bad"}\n')
      expect(rows).toMatchObject({ columns: ["id", "review", "n"], column: "review", start: { bytes: 0, line: 1 } })
      expect(await list(rows)).toEqual(["1: good", "2: bad"])
    })

    it("rows that hold no text - problems of their own", async () => {
      const lines = ['{"text":"a"}', "{oops", "[1]", '{"id":2}', '{"text":7}', "null", '{"text":"b"}']
      expect(await read("jsonl", lines.join("\n"))).toEqual([
        "1: a",
        expect.stringMatching(/^2! is not JSON: /),
        '3! must be a JSON object; got "[1]"',
        "4: ",
        '5! field "text" must be a string; got a number, 7',
        '6! must be a JSON object; got "null"',
        "7: b",
      ])
    })

    it("first rows that cannot be read - the columns are those of the first that can", async () => {
      const rows = await open("jsonl", '\ufeffoops\n{"body":"a"}\n')
      expect(rows).toMatchObject({ columns: ["body"], column: "body", bom: true })
      expect(await list(rows)).toEqual(['1! must be a JSON object; got "oops"', "2: a"])
    })

    it("column - a field of any of the first rows, otherwise option_invalid with the fields", async () => {
      const content = '{"id":1,"text":"a"}\n{"id":2,"text":"b","note":"c"}\n'
      expect(await read("jsonl", content, { column: "note" })).toEqual(["1: ", "2: c"])
      await expect(open("jsonl", content, { column: "nope" })).rejects.toMatchObject({
        code: "option_invalid",
        message: 'column must be one of the input\'s columns, "id", "text", "note"; got "nope"; did you mean "note"?',
      })
    })

    it("column - a member of a field, or several texts, and what is none says its type", async () => {
      const lines = [
        '{"id":1,"review":{"text":"a","more":{"x":"y"}}}',
        '{"id":2,"review":{"text":null}}',
        '{"id":3,"review":null}',
        '{"id":4}',
        '{"id":5,"review":"b"}',
        '{"id":6,"review":{"text":["c"]}}',
        '{"id":7,"review":{"text":{}}}',
      ].join("\n")
      expect(await read("jsonl", lines, { column: "review.text" })).toEqual([
        "1: a",
        "2: ",
        "3: ",
        "4: ",
        '5! field "review" must be an object; got "b"',
        '6! field "review.text" must be a string; got an array',
        '7! field "review.text" must be a string; got an object',
      ])
      expect((await read("jsonl", lines, { column: "review.more.x,review.text" })).slice(0, 2)).toEqual([
        "1: y\na",
        "2: ",
      ])
      expect(await read("jsonl", '{"a.b":"c","a":{"b":"d"}}', { column: "a.b" })).toEqual(["1: c"])
    })

    it("column with dots - each row's own member of this name, or member of a member", async () => {
      const lines = ['{"a":{"b":"ab"}}', '{"a.b":"abc"}', '{"a":null}', '{"a":"abcd"}']
      const expected = ["1: ab", "2: abc", "3: ", '4! field "a" must be an object; got "abcd"']
      expect(await read("jsonl", lines.join("\n"), { column: "a.b" })).toEqual(expected)
      const reversed = await read("jsonl", [lines[1], lines[0]].join("\n"), { column: "a.b" })
      expect(reversed).toEqual(["1: abc", "2: ab"])
    })

    it("an object in place of a text - names the member that may be meant", async () => {
      expect(await read("jsonl", '{"review":{"id":"7","text":"ab"}}\n{"review":{"x":1}}')).toEqual([
        '1! field "review" must be a string; got an object; for the text in it use column review.text',
        '2! field "review" must be a string; got an object',
      ])
    })

    it("one object that holds the rows - option_invalid, with the command that takes them out", async () => {
      await expect(open("jsonl", '{"data":[{"text":"ab"}]}')).rejects.toMatchObject({
        code: "option_invalid",
        message: expect.stringMatching(
          /has "data"; for the rows in it: jq -c '\.\["data"\]\[\]' FILE \| valence label - /,
        ),
      })
    })

    it("nothing - no rows", async () => {
      expect(await read("jsonl", "")).toEqual([])
    })
  })

  it.each<[InputFormat, Options, string]>([
    ["jsonl", { delimiter: ";" }, 'delimiter must be left out for an input of format jsonl; got ";"'],
    ["text", { header: false }, "header must be left out for an input of format text; got false"],
    ["jsonl", { escape: "\\" }, "escape must be left out"],
    ["text", { quotes: "none" }, "quotes must be left out"],
    ["parquet", { skipLines: 2 }, "skipLines must be left out for an input of format parquet; got 2"],
  ])("%s, %j - option_invalid, as it would have no effect", async (format, options, message) => {
    await expect(open(format, "", options)).rejects.toMatchObject({
      code: "option_invalid",
      message: expect.stringContaining(message),
    })
  })

  it("text, column - the only one, otherwise option_invalid", async () => {
    expect(await read("text", "ab\n", { column: "text" })).toEqual(["1: ab"])
    expect(await read("text", "ab\n", { column: "1" })).toEqual(["1: ab"])
    await expect(open("text", "ab\n", { column: "review" })).rejects.toMatchObject({
      code: "option_invalid",
      message: expect.stringContaining('column must be one of the input\'s columns, "text"; got "review"'),
    })
  })

  it("text - each line that is not empty, quotes as they stand", async () => {
    const rows = await open("text", '"Good"\n\nbad, really\r\n')
    expect(rows).toMatchObject({ columns: ["text"], column: "text" })
    expect(await list(rows)).toEqual(['1: "Good"', "3: bad, really"])
  })

  it("gzip - decompressed, several members as one, and from a position on", async () => {
    using folder = new TemporaryFolder()
    const content = [gzipSync("id,text\n1,a\n2,b\n"), gzipSync("3,c\n")]
    const input = {
      path: folder.write("in.csv.gz", Buffer.concat(content)),
      format: "csv",
      compression: "gzip",
    } as const
    const options = completeOptions(readOptions, {})
    expect(await list(await openRows(input, options, process.stdin))).toEqual(["2: a", "3: b", "4: c"])
    const from = { bytes: 12, line: 3 }
    expect(await list(await openRows(input, options, process.stdin), from)).toEqual(["3: b", "4: c"])
  })

  it("gzip that ends too early - input_invalid", async () => {
    using folder = new TemporaryFolder()
    const cut = gzipSync(`text\n${Array.from({ length: 10_000 }, Math.random).join("\n")}`).subarray(0, -100)
    const input = { path: folder.write("in.csv.gz", cut), format: "csv", compression: "gzip" } as const
    const rows = await openRows(input, completeOptions(readOptions, {}), process.stdin)
    await expect(list(rows)).rejects.toMatchObject({
      code: "input_invalid",
      message: expect.stringMatching(/cannot be read: the gzip member .* is cut off: the file ends at byte \d+$/),
    })
  })
})

it.each<[string, InputFormat]>([
  ["a first row that does not end", "csv"],
  ["lines that are all blank", "text"],
])("%s - what holds no row is not kept", async (_, format) => {
  setFlagsFromString("--expose-gc")
  const gc = runInNewContext("gc") as () => void
  const blockBytes = 256 * 1024
  let [sent, most] = [0, 0]
  async function* blocks() {
    for (; sent < 256; sent++) {
      yield Buffer.alloc(blockBytes, format === "csv" ? "x" : "\n")
      if (sent % 32 !== 31) continue
      gc()
      // Buffers are freed a moment later.
      await new Promise(resolve => setTimeout(resolve, 20))
      most = Math.max(most, process.memoryUsage().arrayBuffers)
    }
    yield Buffer.from("\ntext\na\n")
  }
  const before = process.memoryUsage().arrayBuffers
  const input = { path: standardStream, format, compression: undefined }
  const options = completeOptions(readOptions, { maxRowBytes: 4 * blockBytes })
  const rows = await openRows(input, options, Readable.from(blocks())).catch(() => undefined)
  await rows?.close()
  expect(sent).toBe(256)
  expect(most - before).toBeLessThan(64 * blockBytes)
})

it.each<[string, string]>([
  ["a block of many rows", "text\n".concat("a\n".repeat(50_000))],
  ["a quote that is not closed, before many rows", 'text\n"open\n'.concat("a\n".repeat(50_000))],
])("%s - is read some at a time, so that others have their turn", async (_, content) => {
  const rows = await open("csv", content)
  let [read, most, turns, over] = [0, 0, 0, false]
  const count = () => {
    turns++
    if (!over) setImmediate(count)
  }
  setImmediate(count)
  for await (const batch of rows.rows()) {
    read += batch.length
    most = Math.max(most, batch.length)
  }
  over = true
  expect(read).toBeGreaterThanOrEqual(50_000)
  expect(most).toBeLessThanOrEqual(1000)
  expect(turns).toBeGreaterThan(40)
})
