import { describe, expect, it } from "vitest"
import type { Device } from "../../src/classifier/device.ts"
import { Dispatcher } from "../../src/classifier/dispatcher.ts"
import { ValenceError } from "../../src/errors.ts"
import type { MicroBatch } from "../../src/model/micro-batch.ts"

const limits = { maxBatchTokens: 64, maxBatchTexts: 8, bulkAgeMs: 500, maxWaitMs: 0 }
const POISON = 666

/** A device whose logits are each row's first id; `before` may throw. */
function plainDevice(before: (batch: MicroBatch) => void = () => {}): Device {
  return {
    pid: 1,
    destroy() {},
    async run(batch) {
      await new Promise(resolve => setImmediate(resolve))
      before(batch)
      const logits = Float32Array.from({ length: batch.rows }, (_, row) => batch.inputIds[row * batch.longest] ?? NaN)
      return { logits, runMs: 1 }
    },
  }
}

const died = () => {
  const error = new ValenceError("device_failed", "it died")
  return new ValenceError("device_failed", "it died", { cause: error })
}

async function outcomes(dispatcher: Dispatcher, ids: readonly number[]) {
  const settled = ids.map(
    id =>
      new Promise<number | string>(resolve => {
        const settle = (outcome: Float32Array | ValenceError) =>
          resolve(outcome instanceof ValenceError ? outcome.code : (outcome[0] ?? NaN))
        dispatcher.add({ inputIds: Int32Array.of(id, 1, 1), tokens: 3, since: performance.now(), settle }, "bulk")
      }),
  )
  return Promise.all(settled)
}

const start = (startDevice: () => Promise<Device>, devices = 1) =>
  Dispatcher.start({ ...limits, startDevice, devices, padId: 0, restartBackoffMs: 1 })

describe("Dispatcher", () => {
  it("gives each entry its own logits, whatever its batch", async () => {
    const dispatcher = await start(async () => plainDevice(), 2)
    const ids = Array.from({ length: 100 }, (_, id) => id)
    expect(await outcomes(dispatcher, ids)).toEqual(ids)
    expect(dispatcher.stats).toMatchObject({ texts: 100, tokens: 300, paddedTokens: 300, deviceRestarts: 0 })
  })

  it.each([
    ["the session refuses it", () => new ValenceError("text_failed", "refused"), 0],
    ["it kills the device", died, 3],
  ])("fails a poison text alone when %s", async (_, error, restarts) => {
    const poisoned = () =>
      plainDevice(batch => {
        if (batch.inputIds.includes(POISON)) throw error()
      })
    const dispatcher = await start(async () => poisoned())
    expect(await outcomes(dispatcher, [1, 2, POISON, 4])).toEqual([1, 2, "text_failed", 4])
    expect(dispatcher.stats.deviceRestarts).toBe(restarts)
  })

  it("labels all when a device dies once", async () => {
    let deaths = 0
    const dispatcher = await start(async () =>
      plainDevice(() => {
        if (deaths++ === 0) throw died()
      }),
    )
    expect(await outcomes(dispatcher, [1, 2, 3])).toEqual([1, 2, 3])
  })

  it("fails what waits when no device can be started again", async () => {
    let starts = 0
    const dispatcher = await start(async () => {
      if (starts++ > 0) throw new ValenceError("device_failed", "no more devices")
      return plainDevice(() => {
        throw died()
      })
    })
    expect(await outcomes(dispatcher, [1, 2])).toEqual(["device_failed", "device_failed"])
    expect(starts).toBe(6)
    expect(await outcomes(dispatcher, [3])).toEqual(["device_failed"])
  })

  it(".start() - rejects when a device does not start", async () => {
    const failing = start(async () => {
      throw new ValenceError("device_failed", "not there")
    })
    await expect(failing).rejects.toThrow("not there")
  })

  it(".destroy() - fails what waits", async () => {
    const dispatcher = await start(async () => plainDevice())
    const waiting = outcomes(dispatcher, [1])
    dispatcher.destroy()
    expect(await waiting).toEqual(["closed"])
  })
})
