import { describe, expect, it } from "vitest"
import { createProducer } from "../../src/producer/create-producer.ts"
import type { Producer } from "../../src/producer/producer.ts"
import { createWorker } from "../../src/worker/create-worker.ts"
import type { Worker } from "../../src/worker/worker.ts"
import { ClusterPlace } from "../chaos/places/cluster-place.ts"
import { ManagedPlace } from "../chaos/places/managed-place.ts"
import type { RedisPlace } from "../chaos/places/redis-place.ts"
import { SentinelPlace } from "../chaos/places/sentinel-place.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"
import { eventually } from "../eventually.ts"
import { findRedisBinary } from "../redis/find-redis-binary.ts"

const redisTimeoutMs = 1000

/** A text that is labelled for as long as calls are made, one after the other in each of some lines. */
async function labelUntil(producer: Producer, hasEnded: () => boolean): Promise<number> {
  let labelled = 0
  const callAgainAndAgain = async (line: number) => {
    while (!hasEnded()) {
      const text = "x".repeat(line + 1)
      expect(await producer.label([text])).toEqual(await plainLabeller().label([text]))
      labelled++
    }
  }
  await Promise.all(Array.from({ length: 4 }, (_, line) => callAgainAndAgain(line)))
  return labelled
}

/** Labels texts while a Redis fails over; all of them get their labels. */
async function labelThrough<P extends RedisPlace>(place: P, strike: (place: P) => Promise<void>): Promise<void> {
  const options = { redisTimeoutMs, connectTimeoutMs: 60_000 }
  const worker: Worker = await createWorker({ labeller: plainLabeller(), redis: place.workerUrl, options })
  const producer = await createProducer({ redis: place.producerUrl, ...options, pollMs: 100 })
  let ended = false
  const labelling = labelUntil(producer, () => ended)
  await strike(place)
  await eventually(() => worker.ready)
  // A call that is made now is answered as those before are.
  expect(await producer.label(["after"])).toHaveLength(1)
  ended = true
  expect(await labelling).toBeGreaterThan(0)
  await producer.close()
  await worker.close()
}

describe.skipIf(!findRedisBinary())("a failover", () => {
  it.each(["kill", "freeze"] as const)("behind Sentinels (%s) - every text gets its label", async how => {
    await using place = await SentinelPlace.open()
    await labelThrough(place, struck => struck.strike(how))
  })

  it.each(["kill", "freeze"] as const)("of a Cluster (%s) - every text gets its label", async how => {
    await using place = await ClusterPlace.open()
    await labelThrough(place, struck => struck.strike(how))
  })

  it("at an address whose master becomes a replica - every text gets its label", async () => {
    await using place = await ManagedPlace.open()
    await labelThrough(place, struck => struck.demote(500))
  })
})
