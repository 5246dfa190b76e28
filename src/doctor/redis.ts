import type { Cluster, Redis } from "ioredis"
import { asError } from "../errors.ts"
import { askRedis, judgeRedis } from "../queue/redis/check-redis.ts"
import type { RedisConnection } from "../queue/redis/connection.ts"
import { leastRights } from "../queue/redis/least-rights.ts"
import { closeRedis, openRedis, targetName } from "../queue/redis/open-redis.ts"
import type { RedisSecurity } from "../queue/redis/redis-security.ts"
import { type Finding, withRemedy } from "./finding.ts"

const pings = 20

/** How long Redis takes to answer: the middle of some pings, ms. */
async function latencyOf(redis: RedisConnection): Promise<number> {
  const took: number[] = []
  for (let ping = 0; ping < pings; ping += 1) {
    const startMs = performance.now()
    await redis.ping()
    took.push(performance.now() - startMs)
  }
  return took.sort((a, b) => a - b)[pings / 2] as number
}

async function examineOpen(redis: RedisConnection): Promise<Finding[]> {
  const facts = await askRedis(redis)
  const user =
    (redis.isCluster ? (redis as Cluster).options.redisOptions : (redis as Redis).options)?.username ?? "default"
  const { version, maxmemoryPolicy = "unknown", maxmemory, appendOnly, save } = facts
  const memory = maxmemory === undefined ? "unknown" : maxmemory === 0 ? "not limited" : `${maxmemory} bytes`
  const told = (value: boolean | undefined) => (value === undefined ? "unknown" : value ? "on" : "off")
  const snapshots = told(save === undefined ? undefined : save !== "")
  const ok = { section: "Redis", status: "ok" } as const
  const latencyMs = await latencyOf(redis)
  const findings: Finding[] = [
    { ...ok, name: "version", found: version },
    { ...ok, name: "memory", found: `maxmemory-policy ${maxmemoryPolicy}, maxmemory ${memory}` },
    { ...ok, name: "persistence", found: `appendonly ${told(appendOnly)}, snapshots ${snapshots}` },
    { ...ok, name: "latency", found: `${latencyMs.toFixed(2)} ms` },
    { ...ok, name: "least rights", found: `of user ${user}: ${leastRights(user)}` },
  ]
  try {
    const warnings = judgeRedis(facts)
    return [
      ...findings,
      ...warnings.map(one => ({ ...ok, name: "queue", status: "warning", ...withRemedy(one) }) as const),
    ]
  } catch (error) {
    return [...findings, { ...ok, name: "queue", status: "missing", ...withRemedy(asError(error).message) }]
  }
}

/** A Redis that was asked for: whether it answers, how soon, and whether it would lose jobs. */
export async function examineRedis(url: string, timeoutMs: number, security: RedisSecurity): Promise<Finding[]> {
  let redis: RedisConnection
  try {
    redis = await openRedis(url, timeoutMs, { security })
  } catch (error) {
    const remedy = "start one: docker compose up -d redis"
    return [{ section: "Redis", name: targetName(url), status: "missing", found: asError(error).message, remedy }]
  }
  try {
    return [{ section: "Redis", name: targetName(url), status: "ok", found: "answers" }, ...(await examineOpen(redis))]
  } catch (error) {
    return [{ section: "Redis", name: targetName(url), status: "missing", ...withRemedy(asError(error).message) }]
  } finally {
    await closeRedis(redis)
  }
}
