import { existsSync } from "node:fs"
import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { buildModel, scalesFile, verifyModel } from "../../src/graph/build-model.ts"
import { describeModel } from "../../src/store/catalogue.ts"

let folder: string
let calibrate: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "valence-build-"))
  for (const file of ["config.json", "tokenizer.json", "model.safetensors"])
    await copyFile(`test/golden/distilbert-tiny/${file}`, join(folder, file))
  calibrate = join(folder, "texts.txt")
  await writeFile(
    calibrate,
    Array.from({ length: 40 }, (_, i) => `text ${i} of a ${"very ".repeat(i % 9)}good film\n`).join(""),
  )
})
afterEach(() => rm(folder, { recursive: true }))

/** Random weights are sure of nothing: one of these texts is close to the edge. */
const maxFlips = 0.1

describe("buildModel", () => {
  it("int8 - writes graph and scales, says how close it is to fp32, and gives the same bytes again", async () => {
    const values: string[] = []
    const built = await buildModel(folder, { calibrate, maxFlips }, ({ value }) => values.push(value))
    expect(built).toMatchObject({ graph: join(folder, "model.int8.onnx"), scales: join(folder, scalesFile) })
    expect(built.agreement).toMatchObject({ texts: 40 })
    expect(built.agreement?.meanDifference).toBeLessThan(0.01)
    expect(values).toHaveLength(3 * 4 + 1)
    expect(await verifyModel(folder, { calibrate, maxFlips })).toMatchObject({
      reproducible: true,
      agreement: built.agreement,
    })
  })

  it("fp32 - writes the graph alone", async () => {
    expect(await buildModel(folder, { dtype: "fp32" })).toEqual({
      graph: join(folder, "model.fp32.onnx"),
      bytes: expect.any(Number),
    })
    expect(await verifyModel(folder, { dtype: "fp32", calibrate })).toMatchObject({
      reproducible: true,
      agreement: { labelFlips: 0, maxDifference: expect.closeTo(0, 5) },
    })
  })

  it("refuses an int8 graph that is farther from fp32 than maxDifference, and writes nothing", async () => {
    await expect(buildModel(folder, { calibrate, maxFlips, maxDifference: 0 })).rejects.toMatchObject({
      code: "graph_inaccurate",
      message: expect.stringContaining("int8 scores must differ from fp32's by 0 or less on average"),
    })
    expect(existsSync(join(folder, "model.int8.onnx"))).toBe(false)
    expect(existsSync(join(folder, scalesFile))).toBe(false)
  })

  it("refuses an int8 graph that gives more texts another label than maxFlips", async () => {
    await expect(buildModel(folder, { maxFlips: 0 })).rejects.toMatchObject({
      code: "graph_inaccurate",
      // How many depends on the CPU.
      message: expect.stringMatching(
        /^int8 must give at most 0 % of the calibration texts another label than fp32 \(maxFlips 0\); got \d+ of 606$/,
      ),
    })
  })

  it.each([
    [{ maxFlips: 2 }, "maxFlips must be a number, 0 to 1; got 2"],
    [{ maxDifference: -1 }, "maxDifference must be a number, 0 to 1; got -1"],
    [{ dtype: "int4" as "int8" }, 'dtype must be one of int8, fp16, fp32; got "int4"'],
    [{ calibrate: "/nowhere.txt" }, "calibrate must be a file of texts"],
  ])("refuses %o", async (options, message) => {
    await expect(buildModel(folder, options)).rejects.toThrow(message)
  })

  it.each(["fp32", "int8"] as const)(
    "%s of a checkpoint without a tokenizer - is refused, and writes nothing",
    async dtype => {
      await rm(join(folder, "tokenizer.json"))
      await expect(buildModel(folder, { dtype, calibrate, maxFlips })).rejects.toMatchObject({
        code: "model_invalid",
        message: expect.stringContaining("must have a tokenizer.json, or a vocab.txt"),
      })
      expect(existsSync(join(folder, `model.${dtype}.onnx`))).toBe(false)
    },
  )

  it("a tokenizer with ids that the embeddings lack - is refused, and nothing is written", async () => {
    await copyFile("test/golden/electra-tiny/model.safetensors", join(folder, "model.safetensors"))
    await copyFile("test/golden/electra-tiny/config.json", join(folder, "config.json"))
    await expect(buildModel(folder, { dtype: "fp32", calibrate })).rejects.toThrow(
      /must have a tokenizer that gives ids below the config's vocab_size, 1000; it gives \d+$/,
    )
    expect(existsSync(join(folder, "model.fp32.onnx"))).toBe(false)
  })

  it("a weight that is no number - is refused by its name", async () => {
    const file = join(folder, "model.safetensors")
    const bytes = await readFile(file)
    bytes.writeFloatLE(Number.NaN, bytes.length - 4)
    await writeFile(file, bytes)
    await expect(buildModel(folder, { dtype: "fp32" })).rejects.toThrow(
      /model\.safetensors: tensor \S+: values must be finite numbers; value \d+ is NaN$/,
    )
  })

  it("labels that the config does not name - are LABEL_0 and so on, as many as the classifier has", async () => {
    const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8"))
    await writeFile(
      join(folder, "config.json"),
      JSON.stringify({ ...config, id2label: undefined, label2id: undefined }),
    )
    await buildModel(folder, { dtype: "fp32" })
    expect(await describeModel(folder)).toMatchObject({ labels: ["LABEL_0", "LABEL_1", "LABEL_2"] })
  })

  it.each([
    [
      Buffer.from("a text\nanother\n", "utf16le"),
      "calibrate must be UTF-8, not UTF-16LE: convert it: iconv -f UTF-16LE -t UTF-8",
    ],
    [Buffer.from("caf\xe9\n", "latin1"), "calibrate must be UTF-8: convert it: iconv -f ENCODING -t UTF-8"],
  ])("refuses texts that are not UTF-8", async (bytes, message) => {
    await writeFile(calibrate, bytes)
    await expect(buildModel(folder, { calibrate })).rejects.toThrow(message)
  })

  it("names the file that is cut off", async () => {
    await truncate(join(folder, "model.safetensors"), 100_000)
    await expect(buildModel(folder, { dtype: "fp32" })).rejects.toThrow(/model\.safetensors: tensor .* must end within/)
  })
})

describe("verifyModel", () => {
  it("finds a graph that was not built from its scales", async () => {
    await buildModel(folder, { calibrate, maxFlips })
    await writeFile(calibrate, "another text\nand one more that is longer\n")
    const graph = join(folder, "model.int8.onnx")
    await copyFile(graph, join(folder, "old.onnx"))
    await buildModel(folder, { calibrate, maxFlips: 1, maxDifference: 1 })
    await copyFile(join(folder, "old.onnx"), graph)
    expect(await verifyModel(folder, { calibrate, maxFlips: 1, maxDifference: 1 })).toMatchObject({
      reproducible: false,
      cpus: "this",
    })
  })

  it("says which file is missing", async () => {
    await expect(verifyModel(folder, { calibrate })).rejects.toMatchObject({ code: "model_not_found" })
  })
})
