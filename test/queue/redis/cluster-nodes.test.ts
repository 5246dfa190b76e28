import { once } from "node:events"
import type { Cluster, Redis } from "ioredis"
import { expect, it } from "vitest"
import { closeRedis, openRedis } from "../../../src/queue/redis/open-redis.ts"
import { eventually } from "../../eventually.ts"
import { findRedisBinary } from "../../redis/find-redis-binary.ts"
import { startRedisServer } from "../../redis/redis-server.ts"

/** What ioredis keeps the nodes of a Cluster in. */
interface NodeList {
  reset(nodes: readonly object[]): void
  findOrCreate(node: object): Redis
}

it.skipIf(!findRedisBinary())(
  "a node of a Cluster that comes back before its former connection has ended - leaves no connection open",
  async () => {
    const args = ["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"]
    await using server = await startRedisServer({ args })
    const admin = await openRedis(server.url, 60_000)
    await admin.call("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
    await eventually(async () => String(await admin.call("CLUSTER", "INFO")).includes("cluster_state:ok"))
    const cluster = (await openRedis(`redis+cluster://127.0.0.1:${server.port}`, 60_000)) as Cluster
    const [former] = cluster.nodes() as [Redis]
    const list = (cluster as unknown as { readonly connectionPool: NodeList }).connectionPool
    const hasEnded = once(former, "end")
    list.reset([])
    // Nobody hears of its end.
    list
      .findOrCreate({ host: "127.0.0.1", port: server.port })
      .ping()
      .catch(() => {})
    await hasEnded
    // Commands find a connection again.
    expect(await cluster.set("key", "value")).toBe("OK")
    await closeRedis(cluster)
    const clients = async () =>
      String(await admin.client("LIST"))
        .trim()
        .split("\n").length
    await eventually(async () => (await clients()) === 1)
    await closeRedis(admin)
  },
)
