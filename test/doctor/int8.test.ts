import { existsSync, readdirSync } from "node:fs"
import { tmpdir } from "node:os"
import { describe, expect, it } from "vitest"
import { compareDtypes } from "../../src/doctor/compare-dtypes.ts"
import { buildFp32Beside } from "../../src/doctor/fp32-beside.ts"
import { examineInt8, judgeInt8 } from "../../src/doctor/int8.ts"
import { judgeTuning } from "../../src/doctor/model.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"

const golden = new URL("../golden/distilbert-tiny", import.meta.url).pathname
const remedy = "label with --dtype fp32"

describe("judgeInt8", () => {
  const compared = { gains: [1.5, 1.6, 1.2], texts: 96, agreeing: 95 }

  it("faster, and nearly all labels the same - ok, in one line", () => {
    expect(judgeInt8(compared, remedy)).toEqual({
      section: "model",
      name: "int8 against fp32",
      status: "ok",
      found: "1.50 times as many texts/s (1.20 to 1.60 in 3 rounds), the same label for 95 of 96 texts",
    })
  })

  it.each([
    ["slower in every round", { ...compared, gains: [0.8, 0.9, 0.7] }, "warning"],
    ["slower in some rounds: noise", { ...compared, gains: [0.8, 0.9, 1.1] }, "ok"],
    ["more than 2 % of the labels differ", { ...compared, agreeing: 94 }, "warning"],
  ] as const)("%s", (_, comparison, status) => {
    const { remedy: told, ...finding } = judgeInt8(comparison, remedy)
    expect(finding.status).toBe(status)
    expect(told).toBe(status === "ok" ? undefined : remedy)
  })
})

describe("compareDtypes", () => {
  it("labels other texts in each round with both, and counts the labels that are the same", async () => {
    const texts = Array.from({ length: 288 }, (_, row) => "x".repeat(row + 1))
    const labelled: string[][] = []
    const int8 = plainLabeller(some => void labelled.push([...some]))
    const { gains, texts: compared, agreeing } = await compareDtypes(int8, plainLabeller(), texts)
    expect(gains.length).toBeGreaterThanOrEqual(3)
    expect(gains.every(gain => gain > 0)).toBe(true)
    expect([compared, agreeing]).toEqual([gains.length * 48, gains.length * 48])
    expect(labelled.slice(1).flat()).toEqual(texts.slice(0, compared))
  })
})

describe("buildFp32Beside", () => {
  it("a graph in a temporary folder, which is removed; the checkpoint stays as it is", async () => {
    const before = readdirSync(golden)
    let folder: string
    {
      await using fp32 = await buildFp32Beside(golden)
      folder = fp32?.folder ?? ""
      expect(folder.startsWith(tmpdir())).toBe(true)
      expect(existsSync(`${folder}/model.fp32.onnx`)).toBe(true)
    }
    expect(existsSync(folder)).toBe(false)
    expect(readdirSync(golden)).toEqual(before)
  })

  it("no weights - nothing", async () => {
    using folder = new TemporaryFolder()
    folder.write("config.json", "{}")
    expect(await buildFp32Beside(folder.path)).toBeUndefined()
  })
})

describe("examineInt8", () => {
  it.each(["nobody", "test/golden/distilbert-tiny/model.onnx"])("%s, which has no weights - nothing", async model => {
    expect(await examineInt8(model)).toEqual([])
  })
})

describe("judgeTuning", () => {
  const tuning = { children: 2, maxBatchTokens: 512, tokensPerSecond: 9000, curve: [], measuredAt: "2026-01-01" }
  const found = "children 2, token budget 512, 9000 tokens/s, measured 2026-01-01"

  it.each([
    [undefined, { status: "absent", found: "not measured: the defaults are used", remedy: "valence tune" }],
    [
      { ...tuning, complete: true },
      { status: "ok", found },
    ],
    [
      { ...tuning, complete: false },
      { status: "ok", found: `${found}, without time for every setting`, remedy: "valence tune" },
    ],
  ])("%o", (known, shown) => {
    expect(judgeTuning("cpu", known, "valence tune")).toEqual({ section: "model", name: "tuning of cpu", ...shown })
  })
})
