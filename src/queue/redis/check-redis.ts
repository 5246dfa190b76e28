import type { Redis } from "ioredis"
import { ValenceError } from "../../errors.ts"
import type { RedisConnection } from "./connection.ts"
import { withMissingRight } from "./least-rights.ts"

/** The oldest Redis that carries a fleet: BullMQ 6 blocks for less than a second on it, and streams trim well. */
const minVersion = [6, 2] as const

/** What a Redis says of itself. */
export interface RedisFacts {
  readonly version: string
  /** `undefined` if Redis does not tell, as managed ones. */
  readonly maxmemoryPolicy: string | undefined
  readonly maxmemory: number | undefined
  readonly appendOnly: boolean | undefined
  readonly save: string | undefined
}

/**
 * What is wrong with a Redis for a queue that must lose nothing, each with the command that fixes it.
 *
 * @throws ValenceError `redis_invalid` if jobs would get lost or nothing would work at all
 */
export function judgeRedis({ version, maxmemoryPolicy, maxmemory, appendOnly, save }: RedisFacts): string[] {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  if (major < minVersion[0] || (major === minVersion[0] && minor < minVersion[1]))
    throw new ValenceError("redis_invalid", `Redis must have version ${minVersion.join(".")} or newer; got ${version}`)
  const warnings: string[] = []
  if (maxmemoryPolicy !== undefined && maxmemoryPolicy !== "noeviction") {
    const problem = `redis maxmemory-policy must be noeviction, otherwise jobs vanish when memory is short; got ${maxmemoryPolicy}`
    const remedy = "fix: redis-cli CONFIG SET maxmemory-policy noeviction"
    if (maxmemory !== 0) throw new ValenceError("redis_invalid", `${problem}; ${remedy}`)
    warnings.push(`${problem} (maxmemory is not set, so nothing is evicted yet); ${remedy}`)
  }
  if (appendOnly === false)
    warnings.push(
      `redis appendonly is off${save === "" ? " and so are snapshots" : ""}: jobs are lost when Redis dies; ` +
        "fix: redis-cli CONFIG SET appendonly yes",
    )
  return warnings
}

/**
 * Asks a Redis what `judgeRedis` wants to know.
 *
 * @throws ValenceError `redis_invalid` if the user may not ask for it, with the command that grants it
 */
export async function askRedis(connection: RedisConnection): Promise<RedisFacts> {
  const node = (connection.isCluster ? firstNode(connection) : connection) as Redis
  // Its clock decides the age of jobs.
  const [info] = await Promise.all([node.info("server"), node.time()]).catch((error: unknown) => {
    throw withMissingRight(error, node.options.username ?? "default")
  })
  return {
    version: /^redis_version:(\S+)/m.exec(info)?.[1] ?? "0",
    maxmemoryPolicy: await setting(node, "maxmemory-policy"),
    maxmemory: toNumber(await setting(node, "maxmemory")),
    appendOnly: toSwitch(await setting(node, "appendonly")),
    save: await setting(node, "save"),
  }
}

/**
 * Judges a Redis by what it says of itself.
 *
 * @returns warnings
 * @throws ValenceError `redis_invalid`
 */
export async function checkRedis(connection: RedisConnection): Promise<string[]> {
  return judgeRedis(await askRedis(connection))
}

function firstNode(connection: RedisConnection): unknown {
  return "nodes" in connection ? connection.nodes("master")[0] : connection
}

/** A setting; `undefined` if CONFIG may not be used. */
async function setting(node: Redis, name: string): Promise<string | undefined> {
  try {
    const answer = (await node.config("GET", name)) as string[]
    return answer[1]
  } catch {
    return undefined
  }
}

const toNumber = (text: string | undefined) => (text === undefined ? undefined : Number(text))
const toSwitch = (text: string | undefined) => (text === undefined ? undefined : text === "yes")
