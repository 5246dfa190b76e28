import { describe, expect, inject, it } from "vitest"
import type { Finding } from "../../../src/doctor/finding.ts"
import { onnxRuntimeFiles } from "../../../src/model/runtime/onnx-runtime-files.ts"
import { TemporaryFolder } from "../../corpus/temporary-folder.ts"
import { runValence } from "../run-valence.ts"
import { tinyModel } from "../tiny-model.ts"

async function examined(folder: TemporaryFolder, ...flags: string[]) {
  const { code, stdout, stderr } = await runValence(folder.path, "doctor", "--json", "--device", "cpu:1", ...flags)
  const { ok, findings } = JSON.parse(stdout) as { readonly ok: boolean; readonly findings: readonly Finding[] }
  const find = (name: string | RegExp) =>
    findings.find(one => (typeof name === "string" ? one.name === name : name.test(one.name)))
  return { code, ok, findings, find, stderr }
}

describe("valence doctor", () => {
  it("--json - tells of machine, ONNX Runtime, Redis and model, each with its status", async () => {
    using folder = new TemporaryFolder()
    const { code, ok, find } = await examined(folder, "--redis", inject("redisUrl"))
    expect(find("Node")).toMatchObject({ section: "machine", status: "ok", found: process.versions.node })
    expect(find("cores")?.found).toMatch(/^\d+ granted/)
    expect(find("memory")?.found).toMatch(/GiB/)
    expect(find("onnxruntime-node")?.found).toContain(onnxRuntimeFiles().version)
    expect(find("cpu")).toMatchObject({ section: "ONNX Runtime", status: "ok" })
    expect(find("openvino")).toMatchObject({
      status: "absent",
      found: expect.stringContaining("has no provider openvino"),
    })
    expect(find("version")).toMatchObject({ section: "Redis", status: "ok", found: expect.stringMatching(/^\d+\.\d+/) })
    expect(find("memory")?.section).toBe("machine")
    expect(find("persistence")?.found).toMatch(/^appendonly (on|off|not told), snapshots (on|off|not told)$/)
    expect(find("latency")?.found).toMatch(/^\d+\.\d\d ms$/)
    expect(find("model.int8.onnx")?.found).toMatch(/^\d+ bytes, sha256 [0-9a-f]{64}$/)
    expect(find("tuning of cpu:1")).toMatchObject({ status: "absent", remedy: "valence tune --device cpu:1" })
    expect(find("labels on cpu:1")?.found).toMatch(
      /^"I love it" is POSITIVE, 0\.9\d\d\d; loaded in \d+ ms, labelled in /,
    )
    expect(find("int8 against fp32")).toMatchObject({
      section: "model",
      found: expect.stringMatching(
        /^\d+\.\d\d times as many texts\/s \(\d+\.\d\d to \d+\.\d\d in \d rounds\), the same label for \d+ of \d+ texts$/,
      ),
    })
    expect({ code, ok }).toEqual({ code: 0, ok: true })
  })

  it("as text - a line for each finding, and the command that fixes it", async () => {
    using folder = new TemporaryFolder()
    const redis = ["--redis", inject("redisUrl")]
    const { code, stdout } = await runValence(folder.path, "doctor", "--model", "afinn-111", ...redis)
    expect(stdout).toMatch(/^machine\n {2}ok +Node +\d/)
    expect(stdout).toMatch(/\nRedis\n {2}ok +redis:/)
    expect(stdout).toMatch(/\n {2}ok +afinn-111 +"I love it" is POSITIVE/)
    expect(stdout).toMatch(/\nAll checks passed\.\n$/)
    expect(code).toBe(0)
  })

  it("shows what valence tune found", async () => {
    using folder = new TemporaryFolder()
    const model = await tinyModel(folder)
    await runValence(folder.path, "tune", ...model)
    const { find } = await examined(folder, ...model)
    expect(find("tuning of cpu:1")).toMatchObject({
      status: "ok",
      found: expect.stringMatching(/^children 1, token budget \d+, \d+ tokens\/s, measured \d{4}-/),
    })
    expect(find("int8 against fp32")).toMatchObject({
      status: "absent",
      found: "not measured: there is no int8 graph",
      remedy: "valence models build tiny --dtype int8",
    })
  })

  it.each([
    ["a Redis", ["--redis", "redis://127.0.0.1:1"], /^redis:/, "ECONNREFUSED"],
    [
      "a device",
      ["--device", "rocm:1", "--dtype", "int8"],
      /^labels on rocm:1/,
      "rocm:1 can't be used: onnxruntime-node",
    ],
    ["a graph", ["--dtype", "fp32"], /^\/.*distilbert-tiny$/, "has no fp32 graph"],
    ["a model", ["--model", "nobody"], /^nobody$/, "model must be a checkpoint folder"],
  ])("%s that was asked for and is not there - missing, and exit code 1", async (what, flags, name, why) => {
    using folder = new TemporaryFolder()
    const model =
      what === "a graph" ? ["--model", new URL("../../golden/distilbert-tiny", import.meta.url).pathname] : []
    const { code, ok, find } = await examined(folder, ...flags, ...model)
    expect(find(name)).toMatchObject({ status: "missing", found: expect.stringContaining(why) })
    expect({ code, ok }).toEqual({ code: 1, ok: false })
  })

  it("--device auto without a GPU - warns, and exit code 0", async () => {
    using folder = new TemporaryFolder()
    const { code, find } = await examined(folder, "--device", "auto")
    if (find("device"))
      expect(find("device")).toMatchObject({ status: "warning", found: expect.stringContaining("is cpu here") })
    expect(code).toBe(0)
  })
})
