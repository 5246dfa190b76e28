import { once } from "node:events"
import type { Cluster } from "ioredis"
import { expect, it } from "vitest"
import { closeRedis, openRedis } from "../../../src/queue/redis/open-redis.ts"
import { eventually } from "../../eventually.ts"
import { findRedisBinary } from "../../redis/find-redis-binary.ts"
import { startRedisServer } from "../../redis/redis-server.ts"

it.skipIf(!findRedisBinary())(
  "connect() while a Cluster is down - settles when the Cluster is well again",
  async () => {
    const args = ["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"]
    await using server = await startRedisServer({ args })
    const admin = await openRedis(server.url, 60_000)
    const toBe = (state: string) =>
      eventually(async () => String(await admin.call("CLUSTER", "INFO")).includes(`cluster_state:${state}`))
    await admin.call("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
    await toBe("ok")
    const cluster = (await openRedis(`redis+cluster://127.0.0.1:${server.port}`, 60_000)) as Cluster
    const ended = once(cluster, "end")
    cluster.disconnect()
    await ended
    await admin.call("CLUSTER", "DELSLOTSRANGE", 1, 16383)
    await toBe("fail")
    const foundDown = once(cluster, "close")
    const connecting = cluster.connect()
    await foundDown
    await admin.call("CLUSTER", "ADDSLOTSRANGE", 1, 16383)
    await connecting
    expect(await cluster.set("key", "value")).toBe("OK")
    await closeRedis(cluster)
    await closeRedis(admin)
  },
)
