import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { TemporaryFolder } from "../../corpus/temporary-folder.ts"
import { runValence } from "../run-valence.ts"

function tinyCheckpoint(): TemporaryFolder {
  const folder = new TemporaryFolder()
  for (const file of ["config.json", "tokenizer.json", "model.safetensors"])
    folder.write(`tiny/${file}`, readFileSync(`test/golden/distilbert-tiny/${file}`))
  folder.write("texts.txt", Array.from({ length: 30 }, (_, i) => `a ${"very ".repeat(i % 7)}good film ${i}\n`).join(""))
  return folder
}

describe("valence models", () => {
  it("list - names checkpoints with labels and dtypes, and lexicons", async () => {
    using folder = new TemporaryFolder()
    const { code, stdout } = await runValence(folder.path, "models", "list")
    expect(code).toBe(0)
    expect(stdout).toMatch(/sentiment-small +│ bundled │ NEGATIVE, POSITIVE +│ 512 +│.*int8/)
    expect(stdout).toMatch(/sentiment3-small +│ bundled │ NEGATIVE, NEUTRAL, POSITIVE +│ 512 +│.*int8/)
    expect(stdout).toMatch(/afinn-111 +│ lexicon/)
  })

  it("build - builds a checkpoint that then labels; verify - finds it as it was built", async () => {
    using folder = tinyCheckpoint()
    const loose = ["--calibrate", "texts.txt", "--max-flips", "0.2"]
    const built = await runValence(folder.path, "models", "build", "tiny", ...loose)
    expect(built).toMatchObject({ code: 0, stderr: expect.stringContaining("calibrated embeddings.norm: ") })
    expect(built.stdout).toMatch(/built .*model\.int8\.onnx, 1\.\d MB\nscales in .*\nagainst fp32 .*: \d+ of 30 labels/)
    const everyCpu = expect.stringContaining("measured on this CPU, and valid for every other")
    expect(built.stdout).toEqual(everyCpu)
    const verified = await runValence(folder.path, "models", "verify", "tiny", ...loose)
    expect(verified.stdout).toEqual(everyCpu)
    expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining("the graph has the bytes") })
    const labelled = await runValence(folder.path, "classify", "--model", "tiny", "--json", "good")
    expect(JSON.parse(labelled.stdout)).toMatchObject({ text: "good", label: expect.stringMatching(/^(neg|neu|pos)/) })
  })

  it("build --dtype fp16, verify --json - says how far from fp32 the graph is", async () => {
    using folder = tinyCheckpoint()
    const fp16 = ["--dtype", "fp16", "--calibrate", "texts.txt"]
    const built = await runValence(folder.path, "models", "build", "tiny", ...fp16)
    expect(built.stdout).toMatch(/built .*model\.fp16\.onnx, 2\.\d MB\nagainst fp32 .*: 0 of 30 labels differ/)
    const verified = await runValence(folder.path, "models", "verify", "tiny", "--json", ...fp16)
    expect(JSON.parse(verified.stdout)).toEqual({
      model: "tiny",
      dtype: "fp16",
      reproducible: true,
      accurate: true,
      cpus: "every",
      texts: 30,
      labelFlips: 0,
      maxDifference: expect.any(Number),
      meanDifference: expect.any(Number),
      bounds: { maxFlips: 0.02, maxDifference: 0.02 },
    })
    const unbuilt = await runValence(folder.path, "classify", "--model", "tiny", "good")
    expect(unbuilt.stderr).toContain("has no int8 graph (take what is there by --dtype fp16); build it with: ")
    const labelled = await runValence(folder.path, "classify", "--model", "tiny", "--dtype", "fp16", "--json", "good")
    expect(JSON.parse(labelled.stdout)).toMatchObject({ text: "good", label: expect.stringMatching(/^(neg|neu|pos)/) })
  })

  it("verify - exit code 1 where the graph has other bytes", async () => {
    using folder = tinyCheckpoint()
    const fp32 = ["--dtype", "fp32", "--calibrate", "texts.txt"]
    await runValence(folder.path, "models", "build", "tiny", ...fp32)
    const graph = folder.bytes("tiny/model.fp32.onnx")
    const name = graph.indexOf("valence")
    graph.write("another", name)
    folder.write("tiny/model.fp32.onnx", graph)
    const { code, stdout } = await runValence(folder.path, "models", "verify", "tiny", ...fp32)
    expect(code).toBe(1)
    expect(stdout).toContain("it has others: build it again")
    expect(stdout).toContain("measured on this CPU, and valid for it alone")
  })

  it("verify of a graph that is farther from fp32 than the bounds - says what was measured, exit code 2", async () => {
    using folder = tinyCheckpoint()
    const fp16 = ["tiny", "--dtype", "fp16", "--calibrate", "texts.txt"]
    await runValence(folder.path, "models", "build", ...fp16)
    const strict = [...fp16, "--max-difference", "0"]
    const asJson = await runValence(folder.path, "models", "verify", ...strict, "--json")
    expect(JSON.parse(asJson.stdout)).toMatchObject({
      reproducible: true,
      accurate: false,
      labelFlips: 0,
      meanDifference: expect.any(Number),
      bounds: { maxFlips: 0.02, maxDifference: 0 },
    })
    const said = expect.stringContaining("error: fp16 scores must differ from fp32's by 0 or less on average")
    expect(asJson).toMatchObject({ code: 2, stderr: said })
    const asText = await runValence(folder.path, "models", "verify", ...strict)
    expect(asText).toMatchObject({ code: 2, stderr: said, stdout: expect.stringContaining("0 of 30 labels differ") })
  })

  it.each([
    [["build", "nowhere"], "error: model must be a checkpoint folder"],
    [["build", "tiny", "--dtype", "int4"], "--dtype must be one of int8, fp16, fp32"],
    [["build", "tiny", "--max-flips", "2"], "--max-flips must be a number, 0 to 1"],
    [["show", "mvp"], "model must be a checkpoint; mvp is a lexicon, a list of words without weights"],
    [["build", "words.tsv"], "model must be a checkpoint; words.tsv is a lexicon"],
    [["verify", "afinn-111"], "model must be a checkpoint; afinn-111 is a lexicon"],
    [["verify", "tiny"], "model tiny has no int8 graph; build it with: valence models build tiny --dtype int8"],
  ])("%o - exit code 2, and says why", async (words, message) => {
    using folder = tinyCheckpoint()
    const { code, stderr } = await runValence(folder.path, "models", ...words)
    expect(stderr).toContain(message)
    expect(code).toBe(2)
  })
})
