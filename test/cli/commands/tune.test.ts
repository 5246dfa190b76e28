import { readdirSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { clearlyFaster, type TuningPoint, tuningRule } from "../../../src/classifier/plan/tuning.ts"
import { describeTuning } from "../../../src/cli/commands/tune.ts"
import { TemporaryFolder } from "../../corpus/temporary-folder.ts"
import { runValence } from "../run-valence.ts"
import { tinyModel } from "../tiny-model.ts"

const kept = (folder: TemporaryFolder) => readdirSync(`${folder.path}/.cache/valence/tuning`)

describe("valence tune", () => {
  it("prints the curve, keeps what suits best, and redoes it", async () => {
    using folder = new TemporaryFolder()
    const model = await tinyModel(folder)
    const { code, stdout } = await runValence(folder.path, "tune", ...model)
    expect(stdout).toMatch(/^tiny fp32 on cpu:1\n/)
    expect(stdout).toMatch(/│ +1 │ +128 │ +[\d,]+ │ +\d+\.\d\d x │/)
    expect(stdout).toMatch(/│ +1 │ +512 │ +[\d,]+ │ +1\.00 x │ default/)
    expect(stdout.match(/used from now on/g)).toHaveLength(1)
    expect(stdout).toMatch(/\n(Kept|Replaced) the default: /)
    expect(code).toBe(0)
    expect(kept(folder)).toHaveLength(1)
    const again = await runValence(folder.path, "tune", ...model, "--json")
    const found = JSON.parse(again.stdout)
    expect(found).toMatchObject({
      device: "cpu:1",
      children: 1,
      kept: true,
      model: { name: "tiny", dtype: "fp32" },
    })
    expect(found.curve).toContainEqual({
      children: 1,
      maxBatchTokens: found.maxBatchTokens,
      tokensPerSecond: found.tokensPerSecond,
      gain: expect.any(Number),
      verdict: expect.stringMatching(/^(default|faster)$/),
    })
    expect(kept(folder)).toHaveLength(1)
  })

  it("a home that cannot be written - exit code 0, and says so", async () => {
    using folder = new TemporaryFolder()
    folder.write(".cache", "a file")
    const { code, stdout } = await runValence(folder.path, "tune", ...(await tinyModel(folder)))
    expect(stdout).toContain("The result was not saved: cannot write to ")
    expect(code).toBe(0)
  })

  it("a device that is not there - exit code 2, and why", async () => {
    using folder = new TemporaryFolder()
    const { code, stderr } = await runValence(folder.path, "tune", "--device", "openvino", "--dtype", "int8")
    expect(stderr).toContain("error: openvino can't be used: onnxruntime-node ")
    expect(code).toBe(2)
  })

  it("--help and docs/devices.md - the rule that the code follows", async () => {
    using folder = new TemporaryFolder()
    const { stdout } = await runValence(folder.path, "tune", "--help")
    expect(stdout).toContain(tuningRule)
    expect(readFileSync("docs/devices.md", "utf8").replaceAll("\n", " ")).toContain(tuningRule)
    expect(tuningRule).toContain(`${clearlyFaster.percent} %`)
  })
})

describe("describeTuning", () => {
  const usual: TuningPoint = { children: 2, maxBatchTokens: 512, tokensPerSecond: 1000, gain: 1, verdict: "default" }
  const other: TuningPoint = { ...usual, maxBatchTokens: 1024, tokensPerSecond: 1300, gain: 1.3, verdict: "faster" }
  const curve = [usual, other]
  const found = { curve, complete: true, measuredAt: "2026-01-01T00:00:00.000Z" }

  it("the default - kept, with the rule that the others did not meet", () => {
    const shown = describeTuning({ ...usual, ...found, curve: [usual, { ...other, verdict: "unsteady" }] })
    expect(shown).toMatch(/│ +2 │ +512 │ +1,000 │ +1\.00 x │ default, used from now on │/)
    expect(shown).toMatch(/│ +2 │ +1,024 │ +1,300 │ +1\.30 x │ slower in a round +│/)
    expect(shown.split("\n").at(-1)).toBe(`Kept the default: no other setting was ${tuningRule}.`)
  })

  it("a faster setting - replaces the default", () => {
    const shown = describeTuning({ ...other, ...found })
    expect(shown).toMatch(/│ faster, used from now on │/)
    expect(shown).toContain(
      `Replaced the default: the token budget is 1,024 from now on, children 2. This was ${tuningRule}.`,
    )
  })

  it("no memory for the default - says so", () => {
    const largest: TuningPoint = { ...usual, maxBatchTokens: 256, verdict: "largest" }
    const shown = describeTuning({ ...largest, ...found, curve: [largest] })
    expect(shown).toContain("There is no memory for the default: the token budget is 256 from now on, children 2.")
  })

  it("not complete - says why, and what to do", () => {
    const shown = describeTuning({ ...usual, ...found, complete: false })
    expect(shown).toMatch(
      /no time to measure every setting: the machine is slow or busy\. Try again when it is idle\.$/,
    )
  })
})
