import type { Redis } from "ioredis"
import type { RedisConnection } from "../../../src/queue/redis/connection.ts"
import { openRedis } from "../../../src/queue/redis/open-redis.ts"
import { redisOptions } from "../../../src/queue/redis/redis-options.ts"
import { eventually } from "../../eventually.ts"
import { type RedisServer, startRedisServer } from "../../redis/redis-server.ts"
import { lookOptions, lookTimeoutMs } from "./look-options.ts"
import type { RedisPlace } from "./redis-place.ts"
import { steer } from "./replicated-servers.ts"

const slots = 16_384
const masterCount = 3
const nodeTimeoutMs = 1000

/** A Cluster of three masters, of which the one that has the slot of the default key prefix has a replica. */
export class ClusterPlace implements RedisPlace {
  readonly #nodes: readonly RedisServer[]
  readonly #steering: ReadonlyMap<RedisServer, Redis>
  #owner: RedisServer
  #replica: RedisServer
  #frozen: number | undefined

  private constructor(nodes: readonly RedisServer[], owner: RedisServer, replica: RedisServer) {
    this.#nodes = nodes
    this.#owner = owner
    this.#replica = replica
    this.#steering = new Map(nodes.map(node => [node, steer(node.port)]))
  }

  static async open(): Promise<ClusterPlace> {
    const args = [
      ...["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1", "--repl-diskless-sync-delay", "0"],
      ...["--cluster-node-timeout", String(nodeTimeoutMs)],
    ]
    const starting = Array.from({ length: masterCount + 1 }, () => startRedisServer({ appendOnly: true, args }))
    const nodes = await Promise.all(starting)
    const first = steer((nodes[0] as RedisServer).port)
    const slot = Number(await first.call("CLUSTER", "KEYSLOT", redisOptions.keyPrefix.default))
    first.disconnect()
    const owner = nodes[Math.floor(slot / Math.ceil(slots / masterCount))] as RedisServer
    const place = new ClusterPlace(nodes, owner, nodes[masterCount] as RedisServer)
    await place.#join()
    return place
  }

  get workerUrl(): string {
    return `redis+cluster://${this.#nodes.map(({ port }) => `127.0.0.1:${port}`).join(",")}`
  }

  get producerUrl(): string {
    return this.workerUrl
  }

  connect(): Promise<RedisConnection> {
    return openRedis(this.workerUrl, lookTimeoutMs, lookOptions)
  }

  /** Takes the master of the slot away, and returns when its replica serves in its place. */
  async strike(how: "kill" | "freeze"): Promise<void> {
    if (how === "kill") await this.#owner.kill()
    else {
      this.#frozen = this.#owner.pid
      process.kill(this.#owner.pid as number, "SIGSTOP")
    }
    const key = `${redisOptions.keyPrefix.default}:chaos`
    await eventually(
      async () =>
        (await this.#to(this.#replica)
          .set(key, 1, "PX", 1000)
          .catch(() => "")) === "OK",
      20,
    )
    const owner = this.#owner
    this.#owner = this.#replica
    this.#replica = owner
  }

  async restore(): Promise<void> {
    if (this.#frozen !== undefined) process.kill(this.#frozen, "SIGCONT")
    this.#frozen = undefined
    if (this.#replica.pid === undefined) await this.#replica.restart()
    await this.#toBeWhole()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const redis of this.#steering.values()) redis.disconnect()
    for (const node of this.#nodes) {
      if (node.pid !== undefined) process.kill(node.pid, "SIGCONT")
      await node.stop()
    }
  }

  #to(node: RedisServer): Redis {
    return this.#steering.get(node) as Redis
  }

  async #join(): Promise<void> {
    const share = Math.ceil(slots / masterCount)
    for (const [index, node] of this.#nodes.entries()) {
      const redis = this.#to(node)
      await redis.call("CLUSTER", "SET-CONFIG-EPOCH", index + 1)
      const from = index * share
      if (index < masterCount) await redis.call("CLUSTER", "ADDSLOTSRANGE", from, Math.min(slots, from + share) - 1)
      await redis.call("CLUSTER", "MEET", "127.0.0.1", (this.#nodes[0] as RedisServer).port)
    }
    const id = String(await this.#to(this.#owner).call("CLUSTER", "MYID"))
    const knows = async () => String(await this.#to(this.#replica).call("CLUSTER", "NODES")).includes(id)
    await eventually(knows, 20)
    await this.#to(this.#replica).call("CLUSTER", "REPLICATE", id)
    await this.#toBeWhole()
  }

  /** Returns when every node finds the Cluster well, and the replica follows its master. */
  async #toBeWhole(): Promise<void> {
    const isWhole = async (node: RedisServer) => {
      const lines = String(await this.#to(node).call("CLUSTER", "NODES"))
        .trim()
        .split("\n")
      const info = String(await this.#to(node).call("CLUSTER", "INFO"))
      return (
        lines.length === this.#nodes.length &&
        info.includes("cluster_state:ok") &&
        !lines.some(line => / [^ ]*fail|disconnected/.test(line))
      )
    }
    await eventually(async () => (await Promise.all(this.#nodes.map(isWhole))).every(Boolean), 50)
    const follows = async () => {
      const replication = await this.#to(this.#replica).info("replication")
      return replication.includes("role:slave") && replication.includes("master_link_status:up")
    }
    await eventually(follows, 50)
  }
}
