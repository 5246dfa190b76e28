import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import { startChildDevice } from "../../src/classifier/devices/device.ts"
import { fromPackageRoot } from "../../src/files/package-root.ts"
import { listSupportedBackends } from "../../src/model/runtime/onnx-runtime.ts"
import { onnxRuntimeFiles } from "../../src/model/runtime/onnx-runtime-files.ts"

const graph = fromPackageRoot("models/sentiment-small/model.int8.onnx")
const timeouts = { startTimeoutMs: 240_000, runTimeoutMs: 240_000 }
const supported = listSupportedBackends().map(({ name }) => name)

const startOn = (provider: string) =>
  startChildDevice(
    { graph, labels: 2, device: { name: `${provider}:0`, provider, index: 0 }, threads: 1, warmUp: [], warmUpMs: 0 },
    timeouts,
    new AbortController().signal,
  )

describe("startChildDevice()", () => {
  it.each(
    [
      ["rocm", "migraphx"],
      ["directml", "dml"],
      ["openvino", "openvino"],
    ].filter(([, name]) => name !== undefined && !supported.includes(name)),
  )("%s, which onnxruntime-node lacks - device_missing, naming provider %s", async (device, name) => {
    await expect(startOn(device as string)).rejects.toMatchObject({
      code: "device_missing",
      message: expect.stringContaining(
        `${device}:0 can't be used: onnxruntime-node ${onnxRuntimeFiles().version} has no provider ${name} on`,
      ),
    })
  })

  it.runIf(process.platform === "linux" && process.arch === "x64")(
    "cuda, whose libraries are missing - device_missing, naming one of them",
    async () => {
      const error = await startOn("cuda").then(
        device => device.destroy(),
        (thrown: unknown) => thrown,
      )
      if (error !== undefined)
        expect(error).toMatchObject({
          code: "device_missing",
          message: expect.stringMatching(/^cuda:0 can't be used: (\S+\.so\S* is not|.*CUDA)/),
        })
    },
  )
})

it.runIf(process.platform === "linux")(
  "a child that is to see one GPU - is started with CUDA_VISIBLE_DEVICES",
  async () => {
    const device = { name: "cpu", provider: "cpu", index: 0, visibleGpu: "MIG-a" }
    const session = { graph, labels: 2, device, threads: 1, warmUp: [], warmUpMs: 0 }
    const child = await startChildDevice(session, timeouts, new AbortController().signal)
    expect(readFileSync(`/proc/${child.pid}/environ`, "utf8").split("\0")).toContain("CUDA_VISIBLE_DEVICES=MIG-a")
    child.destroy()
  },
)

/** So much address space, KiB, lets the session load, but not a micro-batch of hundreds of long texts. */
const addressSpace = 3_000_000

const script = `
  import { startChildDevice } from "${fromPackageRoot("dist/classifier/devices/device.js")}"
  import { microBatch } from "${fromPackageRoot("dist/model/micro-batch.js")}"
  const session = { graph: "${graph}", labels: 2, threads: 1, warmUp: [{ rows: 600, longest: 512 }], warmUpMs: 0,
    device: { name: "cpu", provider: "cpu", index: 0 } }
  const device = await startChildDevice(session, { startTimeoutMs: 240_000, runTimeoutMs: 240_000 }, new AbortController().signal)
  const run = rows => device.run(microBatch(Array(rows).fill(new Int32Array(512)), 0), false)
  for (const rows of [600, 1]) {
    const { outOfMemory, logits } = await run(rows)
    console.log(outOfMemory ?? logits.length)
  }
  device.destroy()
`

const isLinux = process.platform === "linux" && readFileSync("/proc/self/limits", "utf8").includes("address space")

it.runIf(isLinux)("a child that has no memory for a micro-batch - says so, lives and runs a smaller one", async () => {
  const words = [
    "-c",
    `ulimit -v ${addressSpace} && exec "$0" --input-type=module --eval "$1"`,
    process.execPath,
    script,
  ]
  const { stdout, stderr } = await promisify(execFile)("sh", words)
  expect({ stdout, stderr }).toEqual({ stdout: "true\n2\n", stderr: "" })
})
