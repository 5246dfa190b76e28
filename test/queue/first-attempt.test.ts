import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Socket } from "node:net"
import { Queue } from "bullmq"
import { expect, inject, it } from "vitest"
import { JobQueues } from "../../src/queue/jobs/job-queues.ts"
import { RedisHealth } from "../../src/queue/jobs/redis-health.ts"
import { closeRedis, openRedis } from "../../src/queue/redis/open-redis.ts"
import { PatientWorker } from "../../src/queue/worker/patient-worker.ts"
import { TestFleet } from "./test-fleet.ts"

it("a worker whose connection for waiting fails at its first attempts - takes jobs when an attempt succeeds", async () => {
  await using fleet = await TestFleet.open()
  const { hostname, port } = new URL(inject("redisUrl"))
  let failures = 0
  const proxy = createServer((client: Socket) => {
    client.on("error", () => {})
    if (failures > 0) {
      failures--
      client.destroy()
      return
    }
    const server = connect(Number(port), hostname)
    server.on("error", () => {})
    client.on("close", () => server.destroy())
    server.on("close", () => client.destroy())
    client.pipe(server).pipe(client)
  }).listen(0, "127.0.0.1")
  await once(proxy, "listening")
  const redis = await openRedis(`redis://127.0.0.1:${(proxy.address() as AddressInfo).port}`, 60_000)
  const place = { connection: redis, prefix: fleet.keyPrefix }
  const queues = new JobQueues(redis, fleet.keyPrefix)
  using health = new RedisHealth(queues)
  failures = 2
  let take = (_: unknown) => {}
  const taken = new Promise(resolve => {
    take = resolve
  })
  const worker = new PatientWorker<string>("jobs", async job => take(job.data), place, health)
  worker.on("error", () => {})
  const queue = new Queue("jobs", place)
  await queue.add("job", "a")
  expect(await taken).toBe("a")
  expect(failures).toBe(0)
  await worker.close()
  await queue.close()
  await queues.close()
  await closeRedis(redis)
  proxy.close()
})
