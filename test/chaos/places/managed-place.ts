import { setTimeout as wait } from "node:timers/promises"
import type { RedisConnection } from "../../../src/queue/redis/connection.ts"
import { openRedis } from "../../../src/queue/redis/open-redis.ts"
import { lookOptions, lookTimeoutMs } from "./look-options.ts"
import type { RedisPlace } from "./redis-place.ts"
import { ReplicatedServers } from "./replicated-servers.ts"
import { ServiceAddress } from "./service-address.ts"

/** A master and its replica behind one address, as a managed Redis is. */
export class ManagedPlace implements RedisPlace {
  readonly #servers: ReplicatedServers
  readonly #address: ServiceAddress

  private constructor(servers: ReplicatedServers, address: ServiceAddress) {
    this.#servers = servers
    this.#address = address
  }

  static async open(): Promise<ManagedPlace> {
    const servers = await ReplicatedServers.start()
    return new ManagedPlace(servers, await ServiceAddress.open(servers.master.port))
  }

  get workerUrl(): string {
    return this.#address.url
  }

  get producerUrl(): string {
    return this.#address.url
  }

  connect(): Promise<RedisConnection> {
    return openRedis(this.#address.url, lookTimeoutMs, lookOptions)
  }

  /** Makes the master a replica that keeps its connections, and returns when new connections get to the new master. */
  async demote(readOnlyMs: number): Promise<void> {
    const { master, replica } = this.#servers
    await this.#servers.to(replica).replicaof("NO", "ONE")
    await this.#servers.to(master).replicaof("127.0.0.1", replica.port)
    await wait(readOnlyMs)
    this.#address.target = replica.port
    this.#servers.swap()
  }

  async restore(): Promise<void> {
    await this.#servers.replicate()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#address[Symbol.asyncDispose]()
    await this.#servers[Symbol.asyncDispose]()
  }
}
