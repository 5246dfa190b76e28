import { expect, it } from "vitest"
import { labelCorpus } from "../../src/corpus/label-corpus.ts"
import { plainLabeller } from "./plain-labeller.ts"
import { TemporaryFolder } from "./temporary-folder.ts"

it("rows with a few zero bytes - are labelled and counted in a note; those that are like UTF-16 are listed", async () => {
  using folder = new TemporaryFolder()
  const label = (content: string) =>
    labelCorpus({
      input: folder.write("in.csv", content),
      output: folder.at("out.csv"),
      labeller: plainLabeller(),
      options: { force: true },
    })
  const days = "a lovely day\n".repeat(50)
  expect((await label(`text\n${days}`)).notes).toEqual([])
  const summary = await label(`text\n${days}good film\0 the best\nb\0a\0d\0\n`)
  expect(summary).toMatchObject({ rows: 52, labelled: 51, failed: 1 })
  expect(summary.notes).toEqual(["1 row has zero bytes (NUL), which text has not: it was read with them"])
  const two = await label(`text\n${days}good film\0 the best\nthe \0worst of all\n`)
  expect(two.notes).toEqual(["2 rows have zero bytes (NUL), which text has not: they were read with them"])
})
