import { Redis } from "ioredis"
import { eventually } from "../../eventually.ts"
import { type RedisServer, startRedisServer } from "../../redis/redis-server.ts"

/** A connection to one server, to steer it. */
export function steer(port: number): Redis {
  const redis = new Redis(port, "127.0.0.1", { maxRetriesPerRequest: null, retryStrategy: () => 50 })
  return redis.on("error", () => {})
}

/** A master and its replica, which change their roles. */
export class ReplicatedServers implements AsyncDisposable {
  readonly #servers: readonly RedisServer[]
  readonly #steering = new Map<RedisServer, Redis>()
  #master: RedisServer
  #replica: RedisServer

  private constructor(master: RedisServer, replica: RedisServer) {
    this.#servers = [master, replica]
    this.#master = master
    this.#replica = replica
    for (const server of this.#servers) this.#steering.set(server, steer(server.port))
  }

  static async start(): Promise<ReplicatedServers> {
    const args = ["--repl-diskless-sync-delay", "0"]
    const master = await startRedisServer({ appendOnly: true, args })
    const replica = await startRedisServer({ appendOnly: true, args })
    const servers = new ReplicatedServers(master, replica)
    await servers.replicate()
    return servers
  }

  get master(): RedisServer {
    return this.#master
  }

  get replica(): RedisServer {
    return this.#replica
  }

  /** A connection to a server, to steer it. */
  to(server: RedisServer): Redis {
    return this.#steering.get(server) as Redis
  }

  /** The replica is the master from now on, and the master the replica, as far as this object is concerned. */
  swap(): void {
    const master = this.#master
    this.#master = this.#replica
    this.#replica = master
  }

  /** Makes the replica one, and returns when it has all that the master has. */
  async replicate(): Promise<void> {
    await this.to(this.#master).replicaof("NO", "ONE")
    await this.to(this.#replica).replicaof("127.0.0.1", this.#master.port)
    await eventually(async () => (await this.to(this.#master).info("replication")).includes("state=online"), 20)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const redis of this.#steering.values()) redis.disconnect()
    for (const server of this.#servers) {
      if (server.pid !== undefined) process.kill(server.pid, "SIGCONT")
      await server.stop()
    }
  }
}
