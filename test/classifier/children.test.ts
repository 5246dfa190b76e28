import { expect, it } from "vitest"
import { Dispatcher } from "../../src/classifier/batcher/dispatcher.ts"
import { createClassifier } from "../../src/classifier/classifier.ts"
import type { Device } from "../../src/classifier/devices/device.ts"
import { readDevices } from "../../src/classifier/plan/read-devices.ts"
import type { ValenceError } from "../../src/errors.ts"
import { padded } from "../../src/model/micro-batch.ts"

it("children - as many child processes on a device, as an option or in the environment", async () => {
  await using classifier = await createClassifier({ device: "cpu,cpu:1", children: 2, tune: "off" })
  expect(classifier.devices.map(({ device, children }) => [device, children])).toEqual([
    ["cpu", 2],
    ["cpu:1", 1],
  ])
  expect(new Set(classifier.devicePids).size).toBe(3)
  expect(await classifier.label(["I love it"])).toMatchObject([{ label: "POSITIVE" }])
  await expect(createClassifier({ children: 0 })).rejects.toThrow(
    "children must be a whole number of child processes, 1 or more; got 0",
  )
})

it("two GPUs with two children each - all four compute, and every text gets its own logits", async () => {
  const texts = new Map<string, number>()
  const devices = readDevices("cuda:0,cuda:1", 2).map(({ name, children }) => {
    let started = 0
    const start = async (): Promise<Device> => {
      const child = `${name}/${started++}`
      return {
        pid: 1,
        died: new Promise(() => {}),
        destroy() {},
        async run(batch) {
          const { rows, longest } = batch
          const { inputIds } = padded(batch)
          await new Promise(resolve => setImmediate(resolve))
          texts.set(child, (texts.get(child) ?? 0) + rows)
          return {
            logits: Float32Array.from({ length: rows }, (_, row) => inputIds[row * longest] as number),
            runMs: 1,
          }
        },
      }
    }
    return { name, children, start, limits: { maxBatchTokens: 64, maxBatchTexts: 8 } }
  })
  const dispatcher = await Dispatcher.start({ bulkAgeMs: 500, maxWaitMs: 0, bulkRunMs: 25, padId: 0, devices })
  const ids = Array.from({ length: 400 }, (_, id) => id)
  const logits = ids.map(
    id =>
      new Promise(resolve => {
        const settle = (outcome: Float32Array | ValenceError, _runMs = 0, row = 0) =>
          resolve((outcome as Float32Array)[row])
        dispatcher.add({ inputIds: Int32Array.of(id, 1), tokens: 2, since: performance.now(), settle }, "bulk")
      }),
  )
  expect(await Promise.all(logits)).toEqual(ids)
  expect([...texts.keys()].sort()).toEqual(["cuda:0/0", "cuda:0/1", "cuda:1/0", "cuda:1/1"])
  dispatcher.destroy()
})
