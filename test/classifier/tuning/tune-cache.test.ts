import { chmodSync } from "node:fs"
import { getuid } from "node:process"
import { describe, expect, it } from "vitest"
import type { Tuning } from "../../../src/classifier/plan/tuning.ts"
import { keepTuning, readTuning, type TuningKey, tuningFile } from "../../../src/classifier/tuning/tune-cache.ts"
import { TemporaryFolder } from "../../corpus/temporary-folder.ts"

const key: TuningKey = {
  model: "sentiment-small",
  revision: "abc123",
  dtype: "int8",
  device: "cpu",
  children: 2,
  processor: "A CPU",
  onnxRuntime: "1.30.0",
}
const point = { children: 2, maxBatchTokens: 1024, tokensPerSecond: 50_000 }
const curve = [{ ...point, gain: 1.2, verdict: "faster" }] as const
const tuning: Tuning = { ...point, curve, complete: true, measuredAt: "2026-01-01T00:00:00.000Z" }

describe("keepTuning, readTuning", () => {
  it("gives back what was kept, for that key alone", async () => {
    using folder = new TemporaryFolder()
    const path = `${folder.path}/new/tuning`
    expect(await keepTuning(key, tuning, path)).toBe(true)
    expect(await readTuning({ ...key }, path)).toEqual(tuning)
    for (const name of Object.keys(key))
      expect(await readTuning({ ...key, [name]: name === "children" ? 3 : "other" }, path)).toBeUndefined()
  })

  it.each(["", "{", "null", '{"v":1}', '{"v":0,"tuning":{}}', '{"v":1,"tuning":{"children":0}}'])(
    "a file that holds %j - is as if there were none",
    async content => {
      using folder = new TemporaryFolder()
      const name = tuningFile(key, "").replace("/", "")
      folder.write(name, content)
      expect(await readTuning(key, folder.path)).toBeUndefined()
    },
  )

  it("a folder that cannot be made - is not kept, and nothing is thrown", async () => {
    using folder = new TemporaryFolder()
    folder.write("file", "")
    expect(await keepTuning(key, tuning, `${folder.path}/file/tuning`)).toBe(false)
  })

  it.skipIf(getuid?.() === 0)("a folder that cannot be written - is not kept", async () => {
    using folder = new TemporaryFolder()
    chmodSync(folder.path, 0o500)
    expect(await keepTuning(key, tuning, folder.path)).toBe(false)
  })
})
