import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type Classifier, createClassifier } from "../../src/classifier/classifier.ts"
import { evaluateCorpus } from "../../src/corpus/evaluate/evaluate.ts"
import { labelCorpus } from "../../src/corpus/label-corpus.ts"
import type { Labelled } from "../../src/labeller.ts"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"

const texts = ["I love it", "The box has two handles.", "a waste of time", "Good food, awful service."]
let classifier: Classifier
beforeAll(async () => {
  classifier = await createClassifier({ model: "sentiment3-small", device: "cpu:1" })
})
afterAll(() => classifier.close())

const label = async (given: readonly string[], options = {}) =>
  (await classifier.label(given, { topK: "all", ...options })) as Labelled[]
const scoresOf = ({ scores = [] }: Labelled) => new Map(scores.map(({ label, score }) => [label, score]))

describe(".label() with labels", () => {
  it("two of three - their scores, divided by their sum; the label is one of them", async () => {
    const all = await label(texts)
    expect(all.map(({ label }) => label)).toContain("NEUTRAL")
    const two = await label(texts, { labels: ["POSITIVE", "NEGATIVE"] })
    for (const [index, result] of two.entries()) {
      const before = scoresOf(all[index] as Labelled)
      const negative = before.get("NEGATIVE") ?? Number.NaN
      const positive = before.get("POSITIVE") ?? Number.NaN
      expect([...scoresOf(result).keys()].sort()).toEqual(["NEGATIVE", "POSITIVE"])
      expect(scoresOf(result).get("POSITIVE")).toBeCloseTo(positive / (negative + positive), 10)
      expect(result.label).toBe(positive > negative ? "POSITIVE" : "NEGATIVE")
    }
  })

  it("sigmoid and none - the scores of these labels, as they are", async () => {
    for (const how of ["sigmoid", "none"] as const) {
      const [all, two] = await Promise.all([
        label(texts, { scoreFunction: how }),
        label(texts, { scoreFunction: how, labels: ["NEGATIVE", "POSITIVE"] }),
      ])
      for (const [index, result] of two.entries())
        for (const [name, score] of scoresOf(result)) expect(score).toBe(scoresOf(all[index] as Labelled).get(name))
    }
  })

  it("windows - pooled scores add up to 1", async () => {
    const options = { labels: ["NEGATIVE", "POSITIVE"], longText: "windows", maxLength: 32 }
    const [long] = await label([`${texts.join(" ")} `.repeat(8)], options)
    expect(long?.windows).toBeGreaterThan(2)
    expect([...scoresOf(long as Labelled).values()].reduce((a, b) => a + b)).toBeCloseTo(1, 10)
  })

  it("a label that the model lacks, one alone, one twice - refused", async () => {
    for (const [labels, message] of [
      [
        ["NEGATIVE", "MIXED"],
        'labels must be labels of sentiment3-small, which has NEGATIVE, NEUTRAL, POSITIVE; got "MIXED"',
      ],
      [["NEGATIVE"], "labels must be two labels or more, each once; got "],
      [["NEGATIVE", "NEGATIVE"], "labels must be two labels or more, each once; got "],
    ] as const)
      await expect(classifier.label(texts, { labels })).rejects.toThrow(message)
  })
})

describe("a corpus with labels", () => {
  it("columns and labels are of the chosen ones alone; another choice is another run", async () => {
    using folder = new TemporaryFolder()
    const input = folder.write("in.csv", `text\n${texts.join("\n").replaceAll(",", ";")}\n`)
    const output = folder.at("out.csv")
    const options = { labels: ["NEGATIVE", "POSITIVE"], scores: true }
    const summary = await labelCorpus({ input, output, labeller: classifier, options })
    expect(folder.read("out.csv").split("\n")[0]).toBe("text,label,score,score_NEGATIVE,score_POSITIVE")
    expect(summary.labels.map(({ label }) => label).sort()).toEqual(["NEGATIVE", "POSITIVE"])
    await expect(labelCorpus({ input, output, labeller: classifier, options: { scores: true } })).rejects.toMatchObject(
      { code: "run_changed" },
    )
  })

  it("evaluateCorpus - rows with another label are left out, by name", async () => {
    using folder = new TemporaryFolder()
    const rows = ["NEGATIVE\ta waste of time", "NEUTRAL\tThe box has two handles.", "POSITIVE\tI love it"]
    const input = folder.write("in.tsv", `label\ttext\n${rows.join("\n")}\n`)
    const reasons: string[] = []
    const evaluation = await evaluateCorpus({
      input,
      labeller: classifier,
      options: { labels: ["NEGATIVE", "POSITIVE"] },
      onFailedRow: ({ reason }) => reasons.push(reason),
    })
    expect(evaluation).toMatchObject({ compared: 2, accuracy: 1 })
    expect(reasons).toEqual([expect.stringContaining("must hold one of NEGATIVE, POSITIVE, or an index from 0 to 1")])
  })
})

describe("a text in a script that the model never saw", () => {
  it("is marked in its result, and counted in a run", async () => {
    const [known, strange] = await label(["I love it", "最高です"])
    expect(known).not.toHaveProperty("unfamiliar")
    expect(strange).toMatchObject({ unfamiliar: true })
    using folder = new TemporaryFolder()
    const input = folder.write("in.csv", "text\nI love it\n最高です\n")
    const summary = await labelCorpus({
      input,
      output: folder.at("out.csv"),
      labeller: classifier,
      options: { unfamiliar: true },
    })
    expect(summary.unfamiliar).toBe(1)
    expect(folder.read("out.csv")).toMatch(
      /^text,label,score,unfamiliar\nI love it,\w+,[\d.]+,false\n最高です,\w+,[\d.]+,true\n$/,
    )
  })
})
