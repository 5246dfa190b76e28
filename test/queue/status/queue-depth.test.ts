import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import type { QueueDepth } from "../../../src/events.ts"
import { createTokenizer } from "../../../src/model/tokenizer/tokenizer.ts"
import type { JobQueues } from "../../../src/queue/jobs/job-queues.ts"
import { measureQueue } from "../../../src/queue/status/queue-depth.ts"
import { TestFleet } from "../test-fleet.ts"

const dataOf = (...texts: readonly string[]) => ({ v: 1, texts: texts.map(text => ({ text })) })
const textsOf = (count: number) => Array.from({ length: count }, () => "good")

interface Added {
  readonly data: unknown
  readonly priority?: number
  readonly delay?: number
  readonly timestamp?: number
}

async function add(queues: JobQueues, jobs: readonly Added[]): Promise<void> {
  await queues.of("interactive").addBulk(jobs.map(({ data, ...opts }) => ({ name: "label", data, opts })))
}

/** What is measured of a lane with these jobs, and no worker. */
async function measured(...jobs: readonly Added[]): Promise<QueueDepth> {
  await using fleet = await TestFleet.open()
  const { queues } = fleet
  await add(queues, jobs)
  return await measureQueue(queues, "interactive")
}

const empty = {
  waitingJobs: 0,
  activeJobs: 0,
  delayedJobs: 0,
  failedJobs: 0,
  waitingTexts: 0,
  waitingTokens: 0,
  oldestWaitingSeconds: 0,
}

describe("measureQueue", () => {
  it("nothing there - zeros", async () => {
    await using fleet = await TestFleet.open()
    const { queues } = fleet
    expect(await measureQueue(queues, "bulk")).toEqual({ lane: "bulk", ...empty })
  })

  it("few jobs - counts jobs and texts exactly, delayed jobs apart and their texts with the others", async () => {
    const depth = await measured(
      { data: dataOf("good", "bad") },
      { data: dataOf("good") },
      { data: dataOf("good", "bad", "so so"), priority: 3 },
      { data: dataOf("later"), delay: 60_000 },
    )
    expect(depth).toMatchObject({ waitingJobs: 3, activeJobs: 0, delayedJobs: 1, failedJobs: 0, waitingTexts: 7 })
  })

  it("16 jobs of each kind - are still exact", async () => {
    const jobs = Array.from({ length: 16 }, (_, i) => [
      { data: dataOf(...textsOf(i + 1)) },
      { data: dataOf(...textsOf(10 * i)), priority: i + 1 },
    ])
    expect(await measured(...jobs.flat())).toMatchObject({ waitingJobs: 32, waitingTexts: 136 + 1200 })
  })

  it("many jobs of unlike sizes - estimates texts", async () => {
    const sizes = Array.from({ length: 400 }, (_, i) => 1 + ((i * 7) % 13))
    const depth = await measured(...sizes.map(size => ({ data: dataOf(...textsOf(size)) })))
    const texts = sizes.reduce((sum, size) => sum + size, 0)
    expect(depth.waitingJobs).toBe(400)
    expect(depth.waitingTexts / texts).toBeGreaterThan(0.7)
    expect(depth.waitingTexts / texts).toBeLessThan(1.3)
  })

  it("many small jobs, few large ones with a priority - each kind counts with its own size", async () => {
    const small = Array.from({ length: 64 }, () => ({ data: dataOf("good") }))
    const large = Array.from({ length: 2 }, () => ({ data: dataOf(...textsOf(100)), priority: 1 }))
    expect(await measured(...small, ...large)).toMatchObject({ waitingJobs: 66, waitingTexts: 264 })
  })

  it("the calibration texts - estimates the tokens that the tokenizer makes of them", async () => {
    const file = "models/sentiment-small/tokenizer.json"
    const tokenizer = await createTokenizer(readFileSync(file, "utf8"), file)
    const texts = readFileSync("models/calibration.txt", "utf8").split("\n").filter(Boolean)
    const encodings = await tokenizer.encode(texts, 512)
    const tokens = encodings.reduce((sum, { inputIds }) => sum + inputIds.length, 0)
    const { waitingTokens } = await measured({ data: dataOf(...texts) })
    expect(waitingTokens / tokens).toBeCloseTo(1, 3)
  })

  it.each([
    ["the model's", {}, 64],
    ["its own, which is lower", { maxLength: 16 }, 16],
    ["its own, which is higher", { maxLength: 128 }, 64],
  ])("a text beyond the maxLength, %s - counts so many tokens", async (_, options, tokens) => {
    await using fleet = await TestFleet.open()
    const { queues } = fleet
    await add(queues, [{ data: { ...dataOf("good ".repeat(100)), options } }])
    expect(await measureQueue(queues, "interactive", 64)).toMatchObject({ waitingTexts: 1, waitingTokens: tokens })
  })

  it.each([
    ["in windows - counts all of their tokens", { longText: "windows", stride: 8 }, 118 + 3 * 2 + 2 * 8],
    ["refused - counts none", { longText: "error" }, 0],
  ])("a text beyond the maxLength, %s", async (_, options, tokens) => {
    await using fleet = await TestFleet.open()
    const { queues } = fleet
    await add(queues, [{ data: { ...dataOf("good ".repeat(100)), options } }])
    expect(await measureQueue(queues, "interactive", 64)).toMatchObject({ waitingTexts: 1, waitingTokens: tokens })
  })

  it.each<[string, unknown]>([
    ["null", null],
    ["no texts", { v: 1 }],
    ["texts that are no list", { v: 1, texts: "abc" }],
    ["a text that is a number", { v: 1, texts: [{ text: 5 }] }],
    ["a text with a length of its own", { v: 1, texts: [{ text: { length: "many" } }] }],
    ["entries that are null", { v: 1, texts: [null] }],
  ])("a malformed job (%s) - counts as one text", async (_, data) => {
    expect(await measured({ data }, { data: dataOf("good") })).toMatchObject({ waitingJobs: 2, waitingTexts: 2 })
    expect((await measured({ data })).waitingTokens).toBe(1)
  })

  it("data that are no JSON, and a job that is gone - count as one text, and as none", async () => {
    await using fleet = await TestFleet.open()
    const { queues, redis } = fleet
    await queues.of("interactive").add("label", dataOf("good"), { jobId: "broken" })
    await redis.hset(`${queues.keyOf("interactive")}:broken`, "data", "{")
    expect(await measureQueue(queues, "interactive")).toMatchObject({ waitingTexts: 1, waitingTokens: 1 })
    await redis.del(`${queues.keyOf("interactive")}:broken`)
    expect(await measureQueue(queues, "interactive")).toMatchObject({ waitingJobs: 1, waitingTexts: 0 })
  })

  describe("oldestWaitingSeconds", () => {
    const ago = (seconds: number) => Date.now() - seconds * 1000

    it("is the age of the oldest job, wherever in the line it is", async () => {
      const young = () => Array.from({ length: 40 }, () => ({ data: dataOf("good"), timestamp: ago(5) }))
      const old = { data: dataOf("good"), timestamp: ago(100) }
      for (const jobs of [
        [old, ...young()],
        [...young(), old],
      ])
        expect((await measured(...jobs)).oldestWaitingSeconds).toBeCloseTo(100, -1)
    })

    it.each([3, 40])("%d jobs of each priority - finds the job that starves in the lowest", async jobs => {
      const priorities = Array.from({ length: 3 * jobs }, (_, i) => ({
        data: dataOf("good"),
        priority: 1 + (i % 3),
        timestamp: ago(i === 2 ? 100 : 5),
      }))
      const plain = { data: dataOf("good"), timestamp: ago(1) }
      expect((await measured(plain, ...priorities)).oldestWaitingSeconds).toBeCloseTo(100, -1)
    })

    it("more priorities than are looked through - looks at the lowest", async () => {
      const jobs = Array.from({ length: 40 }, (_, i) => ({
        data: dataOf("good"),
        priority: i + 1,
        timestamp: ago(i >= 38 ? 100 : 5),
      }))
      expect((await measured(...jobs)).oldestWaitingSeconds).toBeCloseTo(100, -1)
    })

    it("a producer's clock that goes ahead - 0", async () => {
      expect((await measured({ data: dataOf("good"), timestamp: ago(-60) })).oldestWaitingSeconds).toBe(0)
    })
  })
})
