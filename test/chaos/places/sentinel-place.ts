import type { RedisConnection } from "../../../src/queue/redis/connection.ts"
import { openRedis } from "../../../src/queue/redis/open-redis.ts"
import { eventually } from "../../eventually.ts"
import { type Sentinel, startSentinel } from "../../redis/start-sentinel.ts"
import { lookOptions, lookTimeoutMs } from "./look-options.ts"
import type { RedisPlace } from "./redis-place.ts"
import { ReplicatedServers, steer } from "./replicated-servers.ts"

const sentinelCount = 3

/** A master and its replica, and the Sentinels that watch them. */
export class SentinelPlace implements RedisPlace {
  readonly #servers: ReplicatedServers
  readonly #sentinels: readonly Sentinel[]
  #frozen: number | undefined

  private constructor(servers: ReplicatedServers, sentinels: readonly Sentinel[]) {
    this.#servers = servers
    this.#sentinels = sentinels
  }

  static async open(): Promise<SentinelPlace> {
    const servers = await ReplicatedServers.start()
    const times = { quorum: 2, downAfterMs: 1000, failoverTimeoutMs: 2000 }
    const starting = Array.from({ length: sentinelCount }, () => startSentinel(servers.master.port, times))
    const place = new SentinelPlace(servers, await Promise.all(starting))
    await place.#toKnowAll()
    return place
  }

  get workerUrl(): string {
    const hosts = this.#sentinels.map(({ port }) => `127.0.0.1:${port}`)
    return `redis+sentinel://${hosts.join(",")}/main`
  }

  get producerUrl(): string {
    return this.workerUrl
  }

  connect(): Promise<RedisConnection> {
    return openRedis(this.workerUrl, lookTimeoutMs, lookOptions)
  }

  /** Takes the master away, and returns when the Sentinels have another one that can be written to. */
  async strike(how: "kill" | "freeze"): Promise<void> {
    const { master, replica } = this.#servers
    if (how === "kill") await master.kill()
    else {
      this.#frozen = master.pid
      process.kill(master.pid as number, "SIGSTOP")
    }
    const redis = this.#servers.to(replica)
    await eventually(async () => (await redis.info("replication")).includes("role:master"), 20)
    this.#servers.swap()
  }

  async restore(): Promise<void> {
    const { master, replica } = this.#servers
    if (this.#frozen !== undefined) process.kill(this.#frozen, "SIGCONT")
    this.#frozen = undefined
    if (replica.pid === undefined) await replica.restart()
    await this.#servers.replicate()
    await this.#toKnowAll()
    // Sentinels take a moment to believe a master again that was down.
    await eventually(async () => (await this.#masterPort()) === master.port, 50)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const sentinel of this.#sentinels) await sentinel[Symbol.asyncDispose]()
    await this.#servers[Symbol.asyncDispose]()
  }

  async #masterPort(): Promise<number> {
    const ports = await this.#ask(async redis =>
      Number(((await redis.call("SENTINEL", "get-master-addr-by-name", "main")) as string[])[1]),
    )
    return ports.every(port => port === ports[0]) ? (ports[0] as number) : 0
  }

  /** Returns when every Sentinel knows the others, and the replica as one that could be promoted. */
  async #toKnowAll(): Promise<void> {
    const knows = async (redis: ReturnType<typeof steer>) => {
      const sentinels = (await redis.call("SENTINEL", "sentinels", "main")) as unknown[]
      const replicas = (await redis.call("SENTINEL", "replicas", "main")) as string[][]
      const states = replicas.map(fields => Object.fromEntries(pairs(fields)))
      const ready = states.filter(state => state["flags"] === "slave" && state["master-link-status"] === "ok")
      return sentinels.length === sentinelCount - 1 && ready.length === 1
    }
    await eventually(async () => (await this.#ask(knows)).every(Boolean), 50)
  }

  async #ask<T>(question: (redis: ReturnType<typeof steer>) => Promise<T>): Promise<T[]> {
    return Promise.all(
      this.#sentinels.map(async ({ port }) => {
        const redis = steer(port)
        try {
          return await question(redis)
        } finally {
          redis.disconnect()
        }
      }),
    )
  }
}

function pairs(fields: readonly string[]): [string, string][] {
  return fields.flatMap((field, index) => (index % 2 === 0 ? [[field, fields[index + 1] ?? ""]] : [])) as [
    string,
    string,
  ][]
}
