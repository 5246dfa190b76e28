import type { RedisConnection } from "../../../src/queue/redis/connection.ts"
import { openRedis } from "../../../src/queue/redis/open-redis.ts"
import { type RedisServer, startRedisServer } from "../../redis/redis-server.ts"
import { FlakyLink } from "../flaky-link.ts"
import { lookOptions, lookTimeoutMs } from "./look-options.ts"
import type { RedisPlace } from "./redis-place.ts"

/** One server, whose writes go to its file, synced every second. */
export class ServerPlace implements RedisPlace {
  readonly server: RedisServer
  /** How processes get to it, if the way is what fails. */
  readonly link: FlakyLink | undefined

  private constructor(server: RedisServer, link: FlakyLink | undefined) {
    this.server = server
    this.link = link
  }

  /** @param throughLink - whether there is a link that can be cut */
  static async open(throughLink = false): Promise<ServerPlace> {
    const server = await startRedisServer({ appendOnly: true })
    return new ServerPlace(server, throughLink ? await FlakyLink.open(server.port) : undefined)
  }

  get workerUrl(): string {
    return (this.link ?? this.server).url
  }

  get producerUrl(): string {
    return this.workerUrl
  }

  connect(): Promise<RedisConnection> {
    return openRedis(this.server.url, lookTimeoutMs, lookOptions)
  }

  async restore(): Promise<void> {}

  async [Symbol.asyncDispose](): Promise<void> {
    await this.link?.[Symbol.asyncDispose]()
    await this.server.stop()
  }
}
