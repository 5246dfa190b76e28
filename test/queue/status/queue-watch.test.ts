import { describe, expect, it } from "vitest"
import { Fleet } from "../../../src/queue/status/living-fleet.ts"
import { QueueWatch, type QueueWatcher } from "../../../src/queue/status/queue-watch.ts"
import { eventually, TestFleet } from "../test-fleet.ts"

/** A fleet that counts how often it is looked at. */
class CountedFleet extends Fleet {
  looks = 0
  override workers() {
    this.looks++
    return super.workers()
  }
}

class SilentFleet extends Fleet {
  override workers() {
    return new Promise<never>(() => {})
  }
}

describe("QueueWatch", () => {
  it("many who look at once - one look", async () => {
    await using fleet = await TestFleet.open()
    const counted = new CountedFleet(fleet.redis, fleet.keyPrefix)
    const watch = new QueueWatch({ queues: fleet.queues, fleet: counted })
    const news: unknown[] = []
    const stops = [1, 2, 3].map(() => watch.watch(status => news.push(status)))
    const status = await watch.look()
    await eventually(() => news.length === 3)
    for (const stop of stops) stop()
    expect([counted.looks, news]).toEqual([1, [status, status, status]])
  })

  it("Redis does not answer - redis_failed, to those who watch too", async () => {
    await using fleet = await TestFleet.open()
    const watch = new QueueWatch({ queues: fleet.queues, fleet: new SilentFleet(fleet.redis, fleet.keyPrefix) }, 20)
    const code = "redis_failed"
    await expect(watch.look()).rejects.toMatchObject({ code, message: "Redis must tell of its queues within 20 ms" })
    const news = await new Promise<Parameters<QueueWatcher>[0]>(resolve => {
      const stop = watch.watch(told => {
        stop()
        resolve(told)
      })
    })
    expect(news).toMatchObject({ code })
  })
})
