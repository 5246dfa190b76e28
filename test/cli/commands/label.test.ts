import { cpSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { gunzipSync, gzipSync } from "node:zlib"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { flagFor } from "../../../src/cli/declared-options.ts"
import { corpusOptions } from "../../../src/corpus/options.ts"
import { classifierOptions } from "../../../src/options.ts"
import { TemporaryFolder } from "../../corpus/temporary-folder.ts"
import { fileToBeThere, runValence, startValence, toBeTrue } from "../run-valence.ts"

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
})
afterEach(() => folder[Symbol.dispose]())

const label = (...words: string[]) => runValence(folder.path, "label", "--model", "mvp", ...words)
const start = (...words: string[]) => startValence(folder.path, "label", "--model", "mvp", ...words)

/** Plain text that takes the lexicon a second or so. */
function manyLines(): string {
  const kinds = ["I love it", "Dull, dull, dull", "Is it okay?", "A table"]
  return Array.from({ length: 200_000 }, (_, row) => `${kinds[row % 4]} ${row}\n`).join("")
}

describe("valence label", () => {
  it("reviews.csv - as a newcomer calls it, and again", async () => {
    cpSync("examples/reviews.csv", folder.at("reviews.csv"))
    const first = await label("reviews.csv")
    expect(first).toMatchObject({ code: 0, stdout: "" })
    expect(first.stderr).toMatch(/^248 rows with mvp \(lexicon\) in .* texts\/s\)\n/)
    expect(first.stderr).toMatch(/\n {2}POSITIVE +\d+\.\d % +\d+ {2}mean score \d/)
    expect(first.stderr).toMatch(/\noutput {2}reviews.labelled.csv\n$/)
    const header = folder.read("reviews.csv").split("\n", 1)[0]
    expect(folder.read("reviews.labelled.csv").split("\n", 1)[0]).toBe(`${header},label,score`)

    const second = await label("reviews.csv")
    expect(second).toMatchObject({ code: 0, stdout: "" })
    expect(second.stderr).toMatch(
      /^reviews.labelled.csv is already complete, nothing to do \(--force labels it again\)/,
    )
  })

  it("standard input to standard output", async () => {
    const { child, ended } = start("-", "--format", "text", "--words")
    child.stdin?.end("I love it\nA table\n")
    expect(await ended).toMatchObject({
      code: 0,
      stdout: "text,label,score,words\nI love it,POSITIVE,3,love\nA table,NEUTRAL,0,\n",
    })
  })

  it(".gz in and out, to the output that is named", async () => {
    folder.write("in.jsonl.gz", gzipSync('{"note":"I love it","n":1.0}\n'))
    expect(await label("in.jsonl.gz", "-o", "out.jsonl.gz", "--column", "note", "--scores")).toMatchObject({ code: 0 })
    expect(gunzipSync(folder.bytes("out.jsonl.gz")).toString()).toMatch(
      /^\{"note":"I love it","n":1.0,"label":"POSITIVE","score":3,"score_NEGATIVE":/,
    )
  })

  it("rows without a label - exit code 1, again too, and the errors are told and listed", async () => {
    folder.write("in.csv", "id,text\n1,I love it\n2\n3\n4\n5\n")
    const first = await label("in.csv")
    expect(first.code).toBe(1)
    expect(first.stderr).toContain(
      [
        "4 rows have no label:",
        "  line 3: has 1 field, and the header 2",
        "  line 4: has 1 field, and the header 2",
        "  line 5: has 1 field, and the header 2",
        "  ...",
        "output  in.labelled.csv",
        "errors  in.labelled.csv.errors.jsonl\n",
      ].join("\n"),
    )
    expect(folder.lines("in.labelled.csv.errors.jsonl")).toHaveLength(4)
    expect(await label("in.csv")).toMatchObject({ code: 1, stderr: expect.stringContaining("4 rows have no label") })
  })

  it("rows without a label, to standard output - told as JSON Lines on standard error", async () => {
    folder.write("in.csv", "id,text\n1,I love it\n2\n")
    const { code, stdout, stderr } = await label("in.csv", "-o", "-")
    expect([code, stdout]).toEqual([1, "id,text,label,score\n1,I love it,POSITIVE,3\n"])
    expect(JSON.parse(stderr.split("\n", 1)[0] as string)).toEqual({
      line: 3,
      row: 2,
      code: "row_invalid",
      reason: "has 1 field, and the header 2",
    })
  })

  it("--min-score - told apart in the summary", async () => {
    folder.write("in.txt", "I love it\nA table\n")
    expect((await label("in.txt", "--min-score", "0.5")).stderr).toContain("1 below --min-score, labelled UNCERTAIN")
  })

  it("--report - a page, and where it is", async () => {
    folder.write("in.txt", "I love it\n")
    expect((await label("in.txt", "--report", "r.html")).stderr).toMatch(/\nreport {2}r.html\n$/)
    expect(statSync(folder.at("r.html")).size).toBeGreaterThan(0)
  })

  it.each([
    [["in.txt", "--chunk-texts", "0"], '--chunk-texts must be a whole number of texts, 1 to 100000; got "0"'],
    [["in.txt", "--min-score", "-1"], '--min-score must be a number, 0 or more; got "-1"'],
    [
      ["in.txt", "-o", "out.xlsx"],
      "output must end in .csv, .tsv or .jsonl (or these with .gz or .zst) or .parquet, or --output-format be",
    ],
    [["in.csv", "--delimiter", "ab"], "--delimiter must be one ASCII character other than a letter, digit, quote"],
    [["in.txt", "--top", "3"], "unknown option '--top'"],
    [[], "missing required argument 'input'"],
    [["nowhere.csv"], 'error: input "nowhere.csv" does not exist\n'],
    [["in.txt", "--column", "nope"], 'error: --column must be one of the input\'s columns, "text"; got "nope"\n'],
    [
      ["in.csv", "--column", "nope"],
      'error: --column must be one of the input\'s columns, "id", "words"; got "nope"\n',
    ],
    [
      ["in.csv"],
      'error: --column must be given, because no column is named text, review, sentence, comment or the like; the input has "id", "words"\n',
    ],
    [["in.txt", "-o", "in.txt"], "error: --output must"],
    [["in.txt", "--score-function", "softmax"], "error: --score-function must be none for a lexicon"],
  ])("%j - exit code 2, with option, rule and value", async (words, says) => {
    folder.write("in.txt", "I love it\n")
    folder.write("in.csv", "id,words\n1,I love it\n")
    const { code, stderr } = await label(...words)
    expect(stderr).toContain(says)
    expect(stderr).not.toMatch(/\n {4}at /)
    expect(code).toBe(2)
  })

  it("another model - exit code 2, and what differs; --force starts over", async () => {
    folder.write("in.txt", "I love it\n")
    await label("in.txt")
    const afinn = ["label", "in.txt", "--model", "afinn-111"]
    const refused = await runValence(folder.path, ...afinn)
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('model.name was "mvp" and is now "afinn-111"'),
    })
    expect(await runValence(folder.path, ...afinn, "--force")).toMatchObject({ code: 0 })
  })

  it("an output that cannot be written - exit code 2, and nothing to go on with", async () => {
    folder.write("in.txt", "I love it\n")
    folder.write("out.csv.manifest.json.tmp/file", "")
    const { code, stderr } = await label("in.txt", "-o", "out.csv")
    expect(code).toBe(2)
    expect(stderr).toMatch(/^error: output .*out.csv.manifest.json cannot be written: EISDIR[^;]*$/)
  })

  it("an output that cannot be written any more - exit code 2, and how to go on", async () => {
    folder.write("in.txt", manyLines())
    const { ended } = start("in.txt", "-o", "out.csv", "--checkpoint-ms", "1")
    await toBeTrue(() => existsSync(folder.at("out.csv")) && statSync(folder.at("out.csv")).size > 100_000)
    await toBeTrue(() => {
      try {
        mkdirSync(folder.at("out.csv.manifest.json.tmp"))
        return true
      } catch {
        return false
      }
    })
    const { code, stderr } = await ended
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /; what was labelled is safe; continue with: valence label --model mvp in.txt -o out.csv .*\n$/,
    )
  })

  it("an option that the model refuses - exit code 2, and nothing is left behind", async () => {
    folder.write("in.txt", "I love it\n")
    const { code, stderr } = await label("in.txt", "-o", "out.csv", "--score-function", "softmax")
    expect(stderr).toContain("--score-function must be none for a lexicon")
    expect(code).toBe(2)
    expect(folder.names()).toEqual(["in.txt"])
  })

  it("--delimiter - for CSV with semicolons, which is told of where it is missing", async () => {
    folder.write("in.csv", 'id;text\n1;"good; really"\n')
    expect((await label("in.csv")).stderr).toContain("then use --delimiter ';'")
    expect(await label("in.csv", "--delimiter", ";")).toMatchObject({ code: 0 })
    expect(folder.read("in.labelled.csv")).toBe('id;text;label;score\n1;"good; really";POSITIVE;2\n')
  })

  it("a reader of standard output that leaves - exit code 2, and not a word", async () => {
    folder.write("in.txt", manyLines())
    const { child, ended } = start("in.txt", "-o", "-")
    child.stdout?.once("data", () => child.stdout?.destroy())
    expect(await ended).toMatchObject({ code: 2, stderr: "" })
  })

  it("Ctrl-C - finishes what is under way, tells how to go on, and goes on to the same bytes", async () => {
    folder.write("it's.txt", manyLines())
    await label("it's.txt", "-o", "whole.csv")
    const words = ["it's.txt", "-o", "out.csv", "--checkpoint-ms", "1", "--force"]
    const { child, ended } = start(...words)
    await toBeTrue(() => existsSync(folder.at("out.csv")) && statSync(folder.at("out.csv")).size > 100_000)
    child.kill("SIGINT")
    // As npm passes it on.
    child.kill("SIGINT")
    const { code, stderr } = await ended
    expect(stderr).toMatch(
      /^stopping: what ends within 5 s is written; Ctrl-C again stops at once\nstopped after [\d,]+ rows/,
    )
    expect(stderr).toMatch(/\ncontinue with: valence label --model mvp 'it'\\''s.txt' -o out.csv --checkpoint-ms 1\n$/)
    expect(code).toBe(130)
    const last = await label("it's.txt", "-o", "out.csv")
    expect(last).toMatchObject({ code: 0, stderr: expect.stringContaining("of them by an earlier start") })
    expect(folder.bytes("out.csv").equals(folder.bytes("whole.csv"))).toBe(true)
  })

  it("SIGTERM while standard input has nothing to say - writes what came, exit code 130", async () => {
    const { child, ended } = start("-", "--format", "text", "-o", "out.csv", "--chunk-texts", "1")
    child.stdin?.write("I love it\nA table\n")
    await fileToBeThere(folder.at("out.csv"))
    child.kill("SIGTERM")
    expect(await ended).toMatchObject({
      code: 130,
      stderr: expect.stringMatching(/\nthe output is incomplete, and a run from standard input cannot continue\n$/),
    })
  })

  it("Ctrl-C before standard input has said anything - exit code 130", async () => {
    const { child, ended } = start("-", "--format", "csv", "-o", "out.csv")
    await fileToBeThere(folder.at("out.csv.lock"))
    child.kill("SIGINT")
    expect(await ended).toMatchObject({
      code: 130,
      stderr: expect.stringMatching(/\nrun was stopped before its first row was read\n$/),
    })
    expect(folder.names()).toEqual([])
  })

  it("two runs into one output - the second refuses, exit code 2", async () => {
    const first = start("-", "--format", "text", "-o", "out.csv")
    await fileToBeThere(folder.at("out.csv.lock"))
    folder.write("in.txt", "I love it\n")
    expect(await label("in.txt", "-o", "out.csv", "--force")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`is being written by another run, process ${first.child.pid}`),
    })
    first.child.stdin?.end("A table\n")
    expect(await first.ended).toMatchObject({ code: 0 })
    expect(folder.read("out.csv")).toBe("text,label,score\nA table,NEUTRAL,0\n")
  })

  it("an input that changed - exit code 2, and the output is left as it was", async () => {
    folder.write("in.txt", "I love it\n")
    await label("in.txt")
    writeFileSync(folder.at("in.txt"), "A table\n")
    expect(await label("in.txt")).toMatchObject({ code: 2, stderr: expect.stringContaining("input.sha256 was") })
    expect(folder.read("in.labelled.csv")).toContain("I love it")
    rmSync(folder.at("in.labelled.csv"))
    expect(await label("in.txt")).toMatchObject({ code: 0 })
  })

  it("a folder - a line for each file and one for all, and 2 where one of them fails", async () => {
    folder.write("in/a/x.csv", "text\nI love it\nragged,row\n")
    folder.write("in/b/x.jsonl", '{"text":"A table"}\n')
    expect(await label("in")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("output must be a folder for several files"),
    })
    expect(await label("in", "-o", "out")).toEqual({
      code: 1,
      signal: null,
      stdout: "",
      stderr:
        "in/a/x.csv: 2 rows, 1 without a label -> out/a/x.csv\nin/b/x.jsonl: 1 row -> out/b/x.jsonl\n" +
        "2 of 2 files, 3 rows, 1 without a label\n",
    })
    folder.write("in/a/y.csv", "id\n1\n")
    const again = await label("in/*/*", "-o", "out")
    expect(again).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/\n3 of 3 files, 3 rows, .*, 1 file failed\n$/),
    })
    expect(again.stderr).toContain("in/a/x.csv: 2 rows, 1 without a label (complete already) -> out/a/x.csv\n")
    expect(again.stderr).toContain("in/a/y.csv: error: --column must be given")
    expect(folder.read("out/b/x.jsonl")).toBe('{"text":"A table","label":"NEUTRAL","score":0}\n')
  })

  it("Parquet to Parquet, and zstd to zstd - a file of the same kind", async () => {
    cpSync("test/corpus/parquet/files/pandas-gzip.parquet", folder.at("in.parquet"))
    expect(await label("in.parquet")).toMatchObject({ code: 0, stderr: expect.stringContaining("11 empty") })
    expect(existsSync(folder.at("in.labelled.parquet"))).toBe(true)
    expect(await label("in.parquet", "-o", "lines.csv.zst")).toMatchObject({ code: 0 })
    expect(await label("lines.csv.zst", "--prefix", "again_", "-o", "again.csv.zst")).toMatchObject({ code: 0 })
    expect(folder.bytes("again.csv.zst").readUInt32LE(0)).toBe(0xfd2fb528)
  })

  it("--help - every option, examples and exit codes", async () => {
    const { code, stdout } = await label("--help")
    expect(code).toBe(0)
    expect(stdout).toContain("--output")
    for (const [name, declaration] of Object.entries({ ...corpusOptions, ...classifierOptions }))
      expect(stdout).toContain(flagFor(name, declaration))
    expect(stdout).toContain("valence label reviews.csv ")
    expect(stdout).toContain("Exit code: 0 every row with a text has a label")
  })
})
