import { beforeEach, describe, expect, it } from "vitest"
import { findInputs, isSeveral } from "../../../src/corpus/files/find-inputs.ts"
import { resolveInput } from "../../../src/corpus/files/resolve-files.ts"
import { TemporaryFolder } from "../temporary-folder.ts"

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
  for (const name of [
    "data (1)/a.csv",
    "data [a]/b (2).csv",
    "data [a]/b 2.csv",
    "data {x,y}/c.csv",
    "plain/d [e].csv",
  ])
    folder.write(name, "text\nab\n")
  return () => folder[Symbol.dispose]()
})

const found = async (pattern: string) =>
  (await findInputs(folder.at(pattern), folder.at("out"))).map(({ path }) => path.slice(folder.path.length + 1))

describe("findInputs", () => {
  it.each([
    ["data (1)/*.csv", ["data (1)/a.csv"]],
    ["data [a]/*.csv", ["data [a]/b (2).csv", "data [a]/b 2.csv"]],
    ["data [a]/b (2)*", ["data [a]/b (2).csv"]],
    ["data {x,y}/?.csv", ["data {x,y}/c.csv"]],
    ["*/d [e].csv", ["plain/d [e].csv"]],
    ["plain/[cd]*.csv", ["plain/d [e].csv"]],
    ["{plain,other}/*.csv", ["plain/d [e].csv"]],
    ["data (1)", ["data (1)/a.csv"]],
    ["data [a]/b (*).csv", ["data [a]/b (2).csv"]],
    ["data [a]/*(?).csv", ["data [a]/b (2).csv"]],
  ])("%s - %j", async (pattern, paths) => expect(await found(pattern)).toEqual(paths))

  it("a folder - without what a run wrote beside its output", async () => {
    for (const name of ["d.labelled.csv.errors.jsonl", "d.labelled.csv.manifest.json", "more.json", "manifest.json"])
      folder.write(`plain/${name}`, "[]\n")
    expect(await found("plain")).toEqual(["plain/d [e].csv", "plain/manifest.json", "plain/more.json"])
  })

  it("nothing that matches - an error; for a plain name with brackets, that it does not exist", async () => {
    await expect(found("plain/*.tsv")).rejects.toMatchObject({ message: expect.stringContaining("files that exist") })
    await expect(found("plain/d [f].csv")).rejects.toMatchObject({
      code: "input_invalid",
      message: expect.stringMatching(/^input ".*d \[f\].csv" does not exist; did you mean ".*d \[e\].csv"\?$/),
    })
  })
})

describe("isSeveral", () => {
  it.each([
    ["data (1)/a.csv", false],
    ["data (1)/none.csv", false],
    ["reviews (1).csv", false],
    ["data [a]", true],
    ["data [a]/none (3).csv", false],
    ["plain/*.csv", true],
    ["plain/{a,b}.csv", true],
    ["plain/@(a|b).csv", true],
  ])("%s - %s", (path, several) => expect(isSeveral(folder.at(path))).toBe(several))
})

describe("resolveInput, a path that leads nowhere", () => {
  it("names what may have been meant", () => {
    expect(() => resolveInput(folder.at("data (1)/b.csv"), undefined)).toThrow(
      /b.csv" does not exist; did you mean ".*a.csv"\?$/,
    )
    expect(() => resolveInput(folder.at("dta/a.csv"), undefined)).toThrow(/does not exist, nor does its folder "/)
    expect(() => resolveInput(folder.at("zzz.csv"), undefined)).toThrow(/zzz.csv" does not exist$/)
  })
})
