import { readdirSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { runValence } from "./run-valence.ts"
import { tinyModel } from "./tiny-model.ts"

const kept = (folder: TemporaryFolder) => readdirSync(`${folder.path}/.cache/valence/tuning`)

describe("valence tune", () => {
  it("prints the curve, keeps what suits best, and redoes it", async () => {
    using folder = new TemporaryFolder()
    const model = await tinyModel(folder)
    const { code, stdout } = await runValence(folder.path, "tune", ...model)
    expect(stdout).toMatch(/^tiny fp32 on cpu:1\n/)
    expect(stdout).toMatch(/│ +1 │ +128 │ +[\d,]+ │/)
    expect(stdout.match(/taken from now on/g)).toHaveLength(1)
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
    })
    expect(kept(folder)).toHaveLength(1)
  })

  it("a home that cannot be written - exit code 0, and says so", async () => {
    using folder = new TemporaryFolder()
    folder.write(".cache", "a file")
    const { code, stdout } = await runValence(folder.path, "tune", ...(await tinyModel(folder)))
    expect(stdout).toContain("it is not kept: ")
    expect(code).toBe(0)
  })

  it("a device that is not there - exit code 2, and why", async () => {
    using folder = new TemporaryFolder()
    const { code, stderr } = await runValence(folder.path, "tune", "--device", "openvino", "--dtype", "int8")
    expect(stderr).toContain("error: openvino can't be used: onnxruntime-node ")
    expect(code).toBe(2)
  })
})
