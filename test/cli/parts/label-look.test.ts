import { beforeEach, describe, expect, it } from "vitest"
import { TemporaryFolder } from "../../corpus/temporary-folder.ts"
import { runValence } from "../run-valence.ts"

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
  folder.write("in.csv", "id,text\n1,I love it\n2,\n3\n")
  return () => folder[Symbol.dispose]()
})

const label = (...words: string[]) => runValence(folder.path, "label", "--model", "mvp", ...words)

describe("valence label", () => {
  it("--preview - a table of the first rows, and no file", async () => {
    const { code, stdout } = await label("in.csv", "--preview")
    expect(code).toBe(1)
    expect(stdout).toMatch(/│ 2 +│ POSITIVE +│ 3\.0000 │ I love it/)
    expect(stdout).toMatch(/│ 3 +│ \(empty\)/)
    expect(stdout).toMatch(/│ 4 +│ row_invalid/)
    expect(stdout).toContain("text from text, of id, text; nothing was written")
    expect(folder.names()).toEqual(["in.csv"])
    expect(JSON.parse((await label("in.csv", "--preview", "--json", "--limit", "1")).stdout).rows).toHaveLength(1)
  })

  it("--dry-run - what would be read and written; of several files too", async () => {
    const { code, stdout } = await label("in.csv", "--dry-run")
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'input   in.csv (csv)\ncolumn  text, of id, text\nfirst   "I love it"\noutput  in.labelled.csv (csv)\n',
    })
    folder.write("many/a.csv", "text\nab\n")
    folder.write("many/b.json", '[{"text":"ab"}]')
    const several = await label("many", "-o", "out", "--dry-run")
    expect(several.stdout).toContain("output  out/a.csv (csv)")
    expect(several.stdout).toContain("output  out/b.jsonl (jsonl)")
    expect(folder.names()).toEqual(["in.csv", "many"])
  })

  it("--quiet - nothing but errors; the exit code tells the rest", async () => {
    expect(await label("in.csv", "--quiet")).toMatchObject({ code: 1, stdout: "", stderr: "" })
    expect(await label("none.csv", "--quiet")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("does not exist"),
    })
  })

  it("--quiet - notes about the input are printed, of several files too", async () => {
    folder.write("many/nohead.csv", "4,I love this place\n5,awful\n")
    const note = '"I love this place" looks like data: if the first row is no header, use --no-header'
    const one = await label("many/nohead.csv", "--column", "I love this place", "--quiet")
    expect(one).toMatchObject({ code: 0, stderr: `note: the header was read from the first row; ${note}\n` })
    const several = await label("many", "-o", "out", "--column", "I love this place", "--quiet")
    expect(several.stderr).toContain(note)
  })

  it("--preview --json and the list of errors - name flags", async () => {
    folder.write("nested.jsonl", '{"text":"ab"}\n{"text":{"body":"good"}}\n')
    const fix = "for the text in it use --column text.body"
    const { rows } = JSON.parse((await label("nested.jsonl", "--preview", "--json")).stdout)
    expect(rows[1].error.message).toContain(fix)
    await label("nested.jsonl")
    expect(folder.lines("nested.labelled.jsonl.errors.jsonl")).toMatchObject([{ reason: expect.stringContaining(fix) }])
    folder.write("many/nested.jsonl", '{"text":"ab"}\n{"text":{"body":"good"}}\n')
    await label("many", "-o", "out")
    expect(folder.lines("out/nested.jsonl.errors.jsonl")).toMatchObject([{ reason: expect.stringContaining(fix) }])
  })

  it("--json - the summary on standard output, of several files too", async () => {
    const { code, stdout, stderr } = await label("in.csv", "--json")
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" })
    expect(JSON.parse(stdout)).toMatchObject({ rows: 3, labelled: 1, failed: 1, empty: 1, column: "text" })
    folder.write("many/a.csv", "text\nab\n")
    folder.write("many/b.csv", "words\nab\n")
    const several = await label("many", "-o", "out", "--json", "--quiet")
    expect(several.code).toBe(2)
    expect(JSON.parse(several.stdout)).toMatchObject({
      found: 2,
      files: [{ summary: { labelled: 1 } }, { error: { code: "option_invalid" } }],
    })
    expect(await label("in.csv", "-o", "-", "--json")).toMatchObject({
      code: 2,
      stderr: "error: --json must be left out if rows go to standard output\n",
    })
  })

  it("--limit - the first rows", async () => {
    expect((await label("in.csv", "--limit", "2")).stderr).toMatch(/^2 rows with mvp/)
    expect((await label("in.csv", "--limit", "0")).stderr).toContain(
      "--limit must be a whole number of rows, 1 or more",
    )
  })
})
