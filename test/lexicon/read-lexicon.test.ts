import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { parseLexicon, readLexicon } from "../../src/lexicon/read-lexicon.ts"

const bytesOf = (text: string) => new TextEncoder().encode(text)
const parse = (text: string) => parseLexicon(bytesOf(text), "mine.tsv")

describe("parseLexicon", () => {
  test("comments, empty lines, CRLF, a byte order mark and spaces around fields - are taken", () => {
    const lexicon = parse("\ufeff# mine\r\n\r\nGood\t2\r\n not  good \t -1.5 \n  \nfine\t+.5\n😍\t4e0")
    expect(lexicon.size).toBe(4)
    expect(lexicon.match("good, not good, fine 😍").entries).toEqual([
      { text: "good", valence: 2 },
      { text: "not good", valence: -1.5 },
      { text: "fine", valence: 0.5 },
      { text: "😍", valence: 4 },
    ])
  })

  test("an entry with a typographic apostrophe - is the one with the straight apostrophe", () => {
    expect(parse("can’t stand\t-3").match("can't stand").entries).toEqual([{ text: "can't stand", valence: -3 }])
  })

  const entryRule =
    "entry must be words of letters and digits, with single apostrophes or hyphens inside, or emoji, parted by spaces"
  test.each([
    ["no tab", "good 2", 'mine.tsv:1: must be a word or phrase, one tab and a valence; got "good 2"'],
    [
      "two tabs",
      "# x\ngood\t2\t0.5",
      'mine.tsv:2: must be a word or phrase, one tab and a valence; got "good\\t2\\t0.5"',
    ],
    ["a valence that is no number", "good\ttwo", 'mine.tsv:1: valence must be a decimal number; got "two"'],
    ["a hexadecimal valence", "good\t0x10", 'mine.tsv:1: valence must be a decimal number; got "0x10"'],
    ["no valence", "good\t", 'mine.tsv:1: valence must be a decimal number; got ""'],
    ["NaN", "good\tNaN", 'mine.tsv:1: valence must be a decimal number; got "NaN"'],
    ["a valence too high", "good\t1000001", 'mine.tsv:1: valence must be from -1000000 to 1000000; got "1000001"'],
    [
      "a valence beyond every number",
      "good\t-1e999",
      'mine.tsv:1: valence must be from -1000000 to 1000000; got "-1e999"',
    ],
    ["no entry", "\t2", `mine.tsv:1: ${entryRule}; got ""`],
    ["an entry without a word", "...\t2", `mine.tsv:1: ${entryRule}; got "..."`],
    ["an entry that no text can hold", "c++\t2", `mine.tsv:1: ${entryRule}; got "c++"`],
    ["an entry of two sentences", "no, thanks\t-1", `mine.tsv:1: ${entryRule}; got "no, thanks"`],
    [
      "an entry twice",
      "good\t2\nbad\t-2\nGOOD\t2",
      'mine.tsv:3: must have each entry once; "good" is on line 1 already',
    ],
    ["too many words", `${"a ".repeat(17)}\t1`, "mine.tsv:1: entry must have at most 16 words; got 17"],
    ["an empty file", "", "mine.tsv: must have at least one entry; got none"],
    ["comments alone", "# nothing\n\n", "mine.tsv: must have at least one entry; got none"],
  ])("%s - is refused with file, line and rule", (_, text, message) => {
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: "lexicon_invalid", message }))
  })

  test("bytes that are not UTF-8 - are refused with their line", () => {
    const bytes = Buffer.concat([bytesOf("# naïve\ngood\t2\nna"), Buffer.from([0xef]), bytesOf("ve\t-2\n")])
    expect(() => parseLexicon(bytes, "mine.tsv")).toThrow(
      expect.objectContaining({
        code: "lexicon_invalid",
        message: "mine.tsv:3: must be UTF-8; got bytes that are not",
      }),
    )
  })
})

describe("readLexicon", () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "valence-lexicon-"))
  })
  afterAll(() => rm(folder, { recursive: true }))

  test("revision - 12 hex digits that change with the file", async () => {
    const path = join(folder, "mine.tsv")
    await writeFile(path, "good\t2\n")
    const { revision } = await readLexicon(path)
    expect(revision).toMatch(/^[0-9a-f]{12}$/)
    expect((await readLexicon(path)).revision).toBe(revision)
    await writeFile(path, "good\t3\n")
    expect((await readLexicon(path)).revision).not.toBe(revision)
  })

  test("a path that leads nowhere - model_not_found", async () => {
    const path = join(folder, "absent.tsv")
    await expect(readLexicon(path)).rejects.toMatchObject({
      code: "model_not_found",
      message: `lexicon must be a file; there is none at ${path}`,
    })
    await expect(readLexicon(join(folder, "mine.tsv", "x.tsv"))).rejects.toMatchObject({ code: "model_not_found" })
  })

  test("a folder - lexicon_invalid", async () => {
    await expect(readLexicon(folder)).rejects.toMatchObject({
      code: "lexicon_invalid",
      message: expect.stringContaining(`${folder}: must be a file that can be read; EISDIR`),
    })
  })
})
