import { describe, expect, it } from "vitest"
import { Dispatcher } from "../../../src/classifier/batcher/dispatcher.ts"
import type { Line } from "../../../src/classifier/batcher/next-batch.ts"
import type { Device, StartDevice } from "../../../src/classifier/devices/device.ts"
import type { PooledDevice } from "../../../src/classifier/devices/slot.ts"
import { DeviceShapes } from "../../../src/classifier/plan/device-shapes.ts"
import { ValenceError } from "../../../src/errors.ts"
import { type ClassifierEvents, WorkerEmitter } from "../../../src/events.ts"
import { type MicroBatch, padded } from "../../../src/model/micro-batch.ts"

const policy = { bulkAgeMs: 500, maxWaitMs: 0, bulkRunMs: 25, padId: 0 }
const POISON = 666

/** A device whose logits are each row's first id; what `before` gives is why a run fails. */
function plainDevice(before: (batch: MicroBatch) => ValenceError | undefined = () => undefined): Device {
  let die = () => {}
  const death = new Promise<void>(resolve => {
    die = resolve
  })
  return {
    pid: 1,
    died: death,
    destroy: () => die(),
    async run(batch) {
      await new Promise(resolve => setImmediate(resolve))
      const error = before(batch)
      if (error?.retryable) die()
      if (error) return { error, begun: true }
      const { inputIds } = padded(batch)
      const logits = Float32Array.from({ length: batch.rows }, (_, row) => inputIds[row * batch.longest] ?? NaN)
      return { logits, runMs: 1 }
    },
  }
}

const died = () => new ValenceError("device_failed", "it died")

async function outcomes(dispatcher: Dispatcher, ids: readonly number[], line: Line = "bulk") {
  const settled = ids.map(
    id =>
      new Promise<number | string>(resolve => {
        const settle = (outcome: Float32Array | ValenceError, _runMs = 0, row = 0) =>
          resolve(outcome instanceof ValenceError ? outcome.code : (outcome[row] ?? NaN))
        dispatcher.add({ inputIds: Int32Array.of(id, 1, 1), tokens: 3, since: performance.now(), settle }, line)
      }),
  )
  return Promise.all(settled)
}

/** So many children of a device called plain. */
const plain = (start: StartDevice, children = 1): PooledDevice => ({
  name: "plain",
  children,
  start,
  limits: { maxBatchTokens: 64, maxBatchTexts: 8 },
})

const start = (startDevice: StartDevice, children = 1) =>
  Dispatcher.start({ ...policy, devices: [plain(startDevice, children)], restartBackoffMs: 1 })

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
    const poisoned = () => plainDevice(batch => (batch.ids.includes(POISON) ? error() : undefined))
    const dispatcher = await start(async () => poisoned())
    expect(await outcomes(dispatcher, [1, 2, POISON, 4])).toEqual([1, 2, "text_failed", 4])
    expect(dispatcher.stats.deviceRestarts).toBe(restarts)
  })

  it.each<[string, Line]>([
    ["bulk texts", "bulk"],
    ["windows of long texts", "long"],
  ])("interactive texts go to a device that is full of %s, as urgent", async (_, line) => {
    const runs: [firstId: number, urgent: boolean][] = []
    let letGo = () => {}
    const gate = new Promise<void>(resolve => {
      letGo = resolve
    })
    const device: Device = {
      ...plainDevice(),
      async run(batch, urgent) {
        runs.push([batch.ids[0] as number, urgent])
        await gate
        return { logits: new Float32Array(batch.rows), runMs: 1 }
      },
    }
    const dispatcher = await start(async () => device)
    const later = outcomes(dispatcher, Array(40).fill(1), line)
    await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
    const interactive = outcomes(dispatcher, [2], "interactive")
    await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
    expect(runs).toEqual([
      [1, false],
      [1, false],
      [2, true],
    ])
    letGo()
    await Promise.all([later, interactive])
  })

  it("a flood of interactive texts - bulk texts have their turns", async () => {
    const dispatcher = await Dispatcher.start({
      ...policy,
      bulkAgeMs: 20,
      devices: [plain(async () => plainDevice())],
    })
    let flooding = true
    const flood = async () => {
      while (flooding) await outcomes(dispatcher, [1], "interactive")
    }
    const floods = Array.from({ length: 40 }, flood)
    expect(await outcomes(dispatcher, [2, 3, 4])).toEqual([2, 3, 4])
    flooding = false
    await Promise.all(floods)
  })

  it("a device without memory for a batch - its halves, its token budget lowered, and all texts labelled", async () => {
    const told: ClassifierEvents["outOfMemory"][0][] = []
    const events = new WorkerEmitter()
    events.on("outOfMemory", event => told.push(event))
    const batches: number[] = []
    const device: Device = {
      ...plainDevice(),
      async run(batch) {
        const { rows, longest } = batch
        const { inputIds } = padded(batch)
        batches.push(rows)
        const error = new ValenceError("text_failed", "Failed to allocate memory")
        if (rows * longest > 1000) return { error, begun: true, outOfMemory: true }
        return { logits: Float32Array.from({ length: rows }, (_, row) => inputIds[row * longest] as number), runMs: 1 }
      },
    }
    const large = { ...plain(async () => device), limits: { maxBatchTokens: 4096, maxBatchTexts: 4096 } }
    const dispatcher = await Dispatcher.start({ ...policy, devices: [large], events })
    const ids = Array.from({ length: 1000 }, (_, id) => id)
    expect(await outcomes(dispatcher, ids)).toEqual(ids)
    expect(told).toEqual([
      { device: "plain", texts: 1000, paddedTokens: 3000, maxBatchTokens: 1500 },
      { device: "plain", texts: 500, paddedTokens: 1500, maxBatchTokens: 750 },
      { device: "plain", texts: 500, paddedTokens: 1500, maxBatchTokens: 750 },
    ])
    expect(batches.toSorted((a, b) => b - a)).toEqual([1000, 500, 500, 250, 250, 250, 250])
    expect(dispatcher.maxBatchTokens).toEqual(new Map([["plain", 750]]))
    batches.length = 0
    await outcomes(dispatcher, ids)
    expect(Math.max(...batches)).toBe(250)
  })

  it("a text alone for which there is no memory - fails, after one more try", async () => {
    const noMemory = { error: new ValenceError("text_failed", "out of memory"), begun: true, outOfMemory: true }
    const dispatcher = await start(async () => ({ ...plainDevice(), run: async () => noMemory }))
    expect(await outcomes(dispatcher, [1])).toEqual(["text_failed"])
  })

  describe("with a child for micro-batches that are alone", () => {
    /** Two children, and that one; which of its runs were of which ids, and how often it was started. */
    async function startWithWide(wide: () => Promise<Device> = async () => plainDevice()) {
      const wideIds: number[] = []
      const starts: Device[] = []
      const startWide = async () => {
        const device = await wide()
        starts.push(device)
        return {
          ...device,
          run: (batch: MicroBatch) => device.run(batch, true).finally(() => wideIds.push(...batch.ids)),
        }
      }
      const told: string[] = []
      const events = new WorkerEmitter()
      events.on("deviceRestarted", () => told.push("deviceRestarted"))
      const devices = [{ ...plain(async () => plainDevice(), 2), startWide }]
      const dispatcher = await Dispatcher.start({ ...policy, devices, events })
      /** Entries one after the other, until that child was started so often. */
      const untilStarted = async (times: number) => {
        while (starts.length < times) expect(await outcomes(dispatcher, [5], "interactive")).toEqual([5])
      }
      return { dispatcher, told, wideIds, starts, untilStarted }
    }

    it("is started after some, and runs interactive ones alone", async () => {
      const { dispatcher, wideIds, starts, untilStarted } = await startWithWide()
      for (let time = 0; time < 7; time++) await outcomes(dispatcher, [4], "interactive")
      expect(starts).toEqual([])
      await untilStarted(1)
      expect(wideIds).toEqual([])
      expect(await outcomes(dispatcher, [6], "interactive")).toEqual([6])
      expect(wideIds).toEqual([6, 1, 1])
      const bulk = outcomes(dispatcher, [7, 8])
      const beside = outcomes(dispatcher, [9], "interactive")
      expect([await bulk, await beside]).toEqual([[7, 8], [9]])
      expect(wideIds).toEqual([6, 1, 1])
    })

    it("while it is busy - others run what comes", async () => {
      let letGo = () => {}
      const gate = new Promise<void>(resolve => {
        letGo = resolve
      })
      const device = plainDevice()
      let begin = () => {}
      const begun = new Promise<void>(resolve => {
        begin = resolve
      })
      const run: Device["run"] = async (...words) => {
        begin()
        await gate
        return device.run(...words)
      }
      const { dispatcher, wideIds, untilStarted } = await startWithWide(async () => ({ ...device, run }))
      await untilStarted(1)
      const first = outcomes(dispatcher, [1], "interactive")
      await begun
      expect(await outcomes(dispatcher, [2], "interactive")).toEqual([2])
      letGo()
      expect(await first).toEqual([1])
      expect(wideIds).toEqual([1, 1, 1])
    })

    it("dies of a text - others run it, and it is started again", async () => {
      let deaths = 0
      const { dispatcher, told, starts, untilStarted } = await startWithWide(async () =>
        plainDevice(({ ids }) => (ids[0] === 3 && deaths++ === 0 ? died() : undefined)),
      )
      await untilStarted(1)
      expect(await outcomes(dispatcher, [3], "interactive")).toEqual([3])
      expect(deaths).toBe(1)
      await untilStarted(2)
      expect(dispatcher.stats.deviceRestarts).toBe(1)
      expect(told).toEqual(["deviceRestarted"])
      dispatcher.destroy()
      await starts[1]?.died
    })

    it("cannot be started - others go on, and it is not tried again", async () => {
      let tries = 0
      const { dispatcher } = await startWithWide(async () => {
        tries += 1
        throw new ValenceError("device_failed", "no memory")
      })
      for (let time = 0; time < 30; time++) expect(await outcomes(dispatcher, [5], "interactive")).toEqual([5])
      expect(tries).toBe(1)
    })
  })

  it("devices of two kinds - each gets micro-batches of its own size and shape", async () => {
    const large = { maxBatchTokens: 60, maxBatchTexts: 16 }
    const shapes = { small: new Set<string>(), large: new Set<string>() }
    const keep = (name: "small" | "large"): PooledDevice => ({
      ...plain(async () => plainDevice(({ rows, longest }) => void shapes[name].add(`${rows}x${longest}`))),
      name,
      limits: name === "small" ? { maxBatchTokens: 6, maxBatchTexts: 8 } : large,
      shapes: name === "large" ? new DeviceShapes({ tokens: 4, rowsApart: 2 }, large, 512) : undefined,
    })
    const dispatcher = await Dispatcher.start({ ...policy, devices: [keep("small"), keep("large")] })
    const ids = Array.from({ length: 72 }, (_, id) => id)
    expect(await outcomes(dispatcher, ids)).toEqual(ids)
    expect(shapes.small).toEqual(new Set(["2x3"]))
    expect(shapes.large).toEqual(new Set(["15x4"]))
  })

  it("labels all when a device dies once", async () => {
    let deaths = 0
    const dispatcher = await start(async () => plainDevice(() => (deaths++ === 0 ? died() : undefined)))
    expect(await outcomes(dispatcher, [1, 2, 3])).toEqual([1, 2, 3])
  })

  it("fails what waits when no device can be started again", async () => {
    let starts = 0
    const dispatcher = await start(async () => {
      if (starts++ > 0) throw new ValenceError("device_failed", "no more devices")
      return plainDevice(died)
    })
    expect(await outcomes(dispatcher, [1, 2])).toEqual(["device_failed", "device_failed"])
    expect(starts).toBe(8)
    expect(await outcomes(dispatcher, [3])).toEqual(["device_failed"])
  })

  it("gives a device up that dies of every run, and fails what waits", async () => {
    let starts = 0
    const dispatcher = await start(async () => {
      starts++
      return plainDevice(died)
    })
    const ids = Array.from({ length: 1000 }, (_, id) => id)
    const codes = await outcomes(dispatcher, ids)
    expect(starts).toBe(8)
    expect(codes.filter(code => code === "device_failed").length).toBeGreaterThan(980)
  })

  it("starts a device again that died while nothing was to be done", async () => {
    const devices: Device[] = []
    const dispatcher = await start(async () => {
      const device = plainDevice()
      devices.push(device)
      return device
    })
    devices[0]?.destroy()
    while (devices.length < 2) await new Promise(resolve => setImmediate(resolve))
    expect(await outcomes(dispatcher, [1])).toEqual([1])
    expect(dispatcher.stats.deviceRestarts).toBe(1)
  })

  it(".destroy() - kills a device that is being started", async () => {
    let starting: AbortSignal | undefined
    const dispatcher = await start(async signal => {
      if (starting) return new Promise((_, reject) => signal.addEventListener("abort", () => reject(died())))
      starting = signal
      return plainDevice(died)
    })
    const waiting = outcomes(dispatcher, [1])
    while (dispatcher.stats.deviceRestarts === 0) await new Promise(resolve => setImmediate(resolve))
    dispatcher.destroy()
    expect(starting?.aborted).toBe(true)
    expect(await waiting).toEqual(["closed"])
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
    expect(await outcomes(dispatcher, [2])).toEqual(["closed"])
  })

  it(".destroy() - fails what runs", async () => {
    const dispatcher = await start(async () => {
      const device = plainDevice()
      return { ...device, run: () => device.died.then(() => ({ error: died(), begun: true })) }
    })
    const running = outcomes(dispatcher, [1])
    await new Promise(resolve => setTimeout(resolve, 5))
    dispatcher.destroy()
    expect(await running).toEqual(["closed"])
  })
})
