import { once } from "node:events"
import { describe, expect, it } from "vitest"
import type { Labeller } from "../../src/labeller.ts"
import { createProducer } from "../../src/producer/create-producer.ts"
import { JobAdder } from "../../src/producer/job-adder.ts"
import type { Producer } from "../../src/producer/producer.ts"
import { JobQueues } from "../../src/queue/jobs/job-queues.ts"
import { RedisHealth } from "../../src/queue/jobs/redis-health.ts"
import { listen } from "../../src/queue/redis/listen.ts"
import { openRedis } from "../../src/queue/redis/open-redis.ts"
import { createWorker } from "../../src/worker/create-worker.ts"
import { toBeTrue } from "../cli/run-valence.ts"
import { findRedisBinary } from "../redis/find-redis-binary.ts"
import { startRedisServer } from "../redis/redis-server.ts"
import { FlakyLink } from "./flaky-link.ts"
import { loseWrites } from "./lose-writes.ts"
import { RedisLook } from "./redis-contents.ts"
import { SeededRandom } from "./seeded-random.ts"

/** Labels a text with itself. */
const echo: Labeller = {
  model: { name: "echo", revision: "1", dtype: "fp32", labels: [], maxLength: 512 },
  label: async texts => texts.map(text => ({ label: text, score: 1, tokens: 3, truncated: false, windows: 1 })),
  close: async () => {},
  [Symbol.asyncDispose]: async () => {},
}

/** Calls that go on until so many texts were labelled, and the disaster that strikes after each 40 of them. */
async function labelThrough(producer: Producer, texts: number, strike: () => Promise<void>): Promise<void> {
  let called = 0
  const callSome = async () => {
    while (called < texts) {
      const text = `text ${called++}`
      expect(await producer.label([text])).toMatchObject([{ label: text }])
    }
  }
  const calling = Promise.all(Array.from({ length: 8 }, callSome))
  for (let until = 40; until < texts; until += 40) {
    await toBeTrue(() => called >= until)
    await strike()
  }
  await calling
}

describe.skipIf(!findRedisBinary())("JobAdder.add()", () => {
  it.each([0, 100, 600])(
    "the connection ends after %i bytes of answers - has every job in Redis",
    async answerBytes => {
      await using server = await startRedisServer()
      await using link = await FlakyLink.open(server.port)
      const redis = await openRedis(link.url, 60_000)
      const queues = new JobQueues(redis, "{valence}")
      const adder = new JobAdder(queues, "bulk", new RedisHealth(queues))
      const job = (id: string, text: string) => ({ id, data: { v: 1 as const, texts: [{ text }] }, options: {} })
      await adder.add(job("first", "connected"))
      const cutting = link.cut(50, answerBytes)
      await Promise.all(Array.from({ length: 64 }, (_, index) => adder.add(job(`job-${index}`, "x".repeat(20_000)))))
      await cutting
      using look = new RedisLook(server.url)
      expect((await look.contents()).waiting).toBe(65)
      redis.disconnect()
    },
  )
})

describe.skipIf(!findRedisBinary())("Producer.label()", () => {
  it("answers are lost again and again - every text has its own label", async () => {
    await using server = await startRedisServer()
    await using link = await FlakyLink.open(server.port)
    await using _worker = await createWorker({ labeller: echo, redis: server.url })
    await using producer = await createProducer({ redis: link.url, pollMs: 100 })
    const random = new SeededRandom(1)
    await labelThrough(producer, 400, () => link.cut(random.between(0, 5), random.pick([0, random.integer(1, 200)])))
  })

  it("Redis dies again and again, and forgets its last writes - every text has its own label", async () => {
    await using server = await startRedisServer({ appendOnly: true })
    using look = new RedisLook(server.url)
    const options = { lockMs: 3000, stalledCheckMs: 250 }
    await using _worker = await createWorker({ labeller: echo, redis: server.url, options })
    await using producer = await createProducer({ redis: server.url, pollMs: 100 })
    const random = new SeededRandom(1)
    await labelThrough(producer, 240, async () => {
      await server.kill()
      loseWrites(server.folder, random.integer(0, 20_000))
      await server.restart()
    })
    expect(await look.until(({ active, waiting }) => active + waiting === 0, 120_000)).toMatchObject({
      active: 0,
      waiting: 0,
      failed: 0,
      deadLetters: 0,
    })
  })
})

describe.skipIf(!findRedisBinary())("listen()", () => {
  it("the connection is back, and closed before it listens again - rejects nowhere", async () => {
    await using server = await startRedisServer()
    await using link = await FlakyLink.open(server.port)
    const listener = await openRedis(link.url, 60_000)
    await listen(listener, "channel", () => {})
    const closed = once(listener, "ready").then(async () => {
      const cutting = link.cut(10)
      listener.disconnect()
      await cutting
    })
    await link.cut(0)
    await closed
    // What nobody catches is told of some turns of the event loop later, and fails the test.
    await new Promise(resolve => setTimeout(resolve, 10))
    expect(listener.status).toBe("end")
  })
})
