import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { expect, it } from "vitest"
import { fromPackageRoot } from "../../../src/files/package-root.ts"

/** Less than a run may take: the timer of a run that has not ended would be seen. */
const patienceMs = 240_000

/** Stops a device while it tells that a short run ended and a long one began. */
const script = `
  import { startChildDevice } from "${fromPackageRoot("dist/classifier/devices/device.js")}"
  import { microBatch } from "${fromPackageRoot("dist/model/micro-batch.js")}"
  const session = { graph: "${fromPackageRoot("models/sentiment-small/model.int8.onnx")}", labels: 2, threads: 1, warmUp: [], warmUpMs: 0,
    device: { name: "cpu", provider: "cpu", index: 0 } }
  const timeouts = { startTimeoutMs: 240_000, runTimeoutMs: 600_000 }
  const device = await startChildDevice(session, timeouts, new AbortController().signal)
  const run = (rows, tokens) => device.run(microBatch(Array(rows).fill(new Int32Array(tokens)), 0), false)
  const runs = [run(1, 8), run(16, 512)]
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
  device.destroy()
  for (const { error, logits } of await Promise.all(runs)) console.log(error?.code ?? logits.length)
`

it("a device that is stopped with results on their way - keeps its process alive no longer", async () => {
  const words = ["--input-type=module", "--eval", script]
  const { stdout } = await promisify(execFile)(process.execPath, words, { timeout: patienceMs })
  expect(stdout).toBe("device_failed\ndevice_failed\n")
})
