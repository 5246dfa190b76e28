import { expect, it } from "vitest"
import { Dispatcher } from "../../../src/classifier/batcher/dispatcher.ts"
import type { Device } from "../../../src/classifier/devices/device.ts"
import { warmUp } from "../../../src/classifier/devices/warm-up.ts"
import { DeviceShapes } from "../../../src/classifier/plan/device-shapes.ts"
import { ValenceError } from "../../../src/errors.ts"
import { WorkerEmitter } from "../../../src/events.ts"
import { type MicroBatch, padded, type Shape } from "../../../src/model/micro-batch.ts"

const hiddenSize = 768
const heads = 12

/** Bytes of fp16 that a run needs: activations, and attention's scores. */
const bytesOf = ({ rows, longest }: Shape) => 2 * rows * longest * (6 * hiddenSize + heads * longest)

/** A device with a memory of so many bytes, which notes the shapes that it is asked for; logits are a row's first id. */
function deviceWith(memory: number, asked: Shape[]): Device {
  return {
    pid: 1,
    died: new Promise(() => {}),
    destroy() {},
    async run(batch: MicroBatch) {
      const { rows, longest } = batch
      const { inputIds } = padded(batch)
      asked.push({ rows, longest })
      if (bytesOf({ rows, longest }) > memory)
        return { error: new ValenceError("text_failed", "out of memory"), begun: true, outOfMemory: true }
      return { logits: Float32Array.from({ length: rows }, (_, row) => inputIds[row * longest] as number), runMs: 1 }
    },
  }
}

const shown = ({ rows, longest }: Shape) => `${rows}x${longest}`

it.each([
  ["the largest shapes", 2 ** 27],
  ["all but small shapes", 2 ** 24],
])("no memory for %s - budgets are lowered once, and every text is labelled", async (_, memory) => {
  const limits = { maxBatchTokens: 16_384, maxBatchTexts: 512 }
  const shapes = new DeviceShapes({ tokens: 16, rowsApart: 2 }, limits, 512)
  const asked: Shape[] = []
  const device = deviceWith(memory, asked)
  const start = async () => {
    const runShape = async (shape: Shape) => {
      if (bytesOf(shape) > memory) throw new Error("Failed to allocate memory for requested buffer")
    }
    await warmUp(runShape, shapes.all, () => true)
    return device
  }
  const events = new WorkerEmitter()
  let lowered = 0
  events.on("outOfMemory", () => {
    lowered += 1
  })
  const small = { name: "small", children: 1, start, limits, shapes }
  const policy = { bulkAgeMs: 500, maxWaitMs: 0, bulkRunMs: 25, padId: 0 }
  const dispatcher = await Dispatcher.start({ ...policy, devices: [small], events })
  const label = () =>
    Promise.all(
      Array.from({ length: 2000 }, (_, id) => {
        const tokens = 1 + ((id * 37) % 512)
        return new Promise<unknown>(resolve => {
          const inputIds = new Int32Array(tokens).fill(id)
          const settle = (outcome: Float32Array | ValenceError, _runMs = 0, row = 0) =>
            resolve(outcome instanceof ValenceError ? outcome : outcome[row])
          dispatcher.add({ inputIds, tokens, since: performance.now(), settle }, "bulk")
        })
      }),
    )
  const ids = Array.from({ length: 2000 }, (_, id) => id)
  expect(await label()).toEqual(ids)
  const loweredAtFirst = lowered
  expect(loweredAtFirst).toBeGreaterThan(0)
  expect(await label()).toEqual(ids)
  expect(lowered).toBe(loweredAtFirst)
  const known = new Set(shapes.all.map(shown))
  for (const shape of asked) expect(known).toContain(shown(shape))
  dispatcher.destroy()
})
