import { execFileSync } from "node:child_process"
import { randomInt } from "node:crypto"
import { chmodSync, writeFileSync } from "node:fs"
import type { RedisConnection } from "../../../src/queue/redis/connection.ts"
import { openRedis } from "../../../src/queue/redis/open-redis.ts"
import { TemporaryFolder } from "../../corpus/temporary-folder.ts"
import { findRedisBinary } from "../../redis/find-redis-binary.ts"
import { type RedisServer, startRedisServer } from "../../redis/redis-server.ts"
import { lookOptions, lookTimeoutMs } from "./look-options.ts"
import type { RedisPlace } from "./redis-place.ts"

const ip = (...words: readonly (string | number)[]) =>
  void execFileSync("ip", words.map(String), { stdio: ["ignore", "ignore", "pipe"] })

/** Whether network namespaces can be made here: by root, with `ip`. */
export function canPartition(): boolean {
  const name = `vlnprobe${randomInt(1e6)}`
  try {
    ip("netns", "add", name)
    ip("netns", "del", name)
    return true
  } catch {
    return false
  }
}

/** Who is cut off. */
export type Side = "worker" | "producer"

/** A cable between this network and the namespace of the Redis. */
interface Cable {
  /** Its end in the namespace. */
  readonly inner: string
  readonly address: string
}

/** A Redis in a network namespace of its own, with one cable for workers, one for producers, and one to look into it. */
export class PartitionedPlace implements RedisPlace {
  readonly #namespace: string
  readonly #cables: Readonly<Record<Side | "look", Cable>>
  readonly #folder: TemporaryFolder
  readonly #server: RedisServer

  private constructor(
    namespace: string,
    cables: Readonly<Record<Side | "look", Cable>>,
    folder: TemporaryFolder,
    server: RedisServer,
  ) {
    this.#namespace = namespace
    this.#cables = cables
    this.#folder = folder
    this.#server = server
  }

  static async open(): Promise<PartitionedPlace> {
    const id = randomInt(0x1000, 0xffff).toString(16)
    const namespace = `vln${id}`
    ip("netns", "add", namespace)
    ip("-n", namespace, "link", "set", "lo", "up")
    const cables = {
      worker: layCable(namespace, `v${id}w`),
      producer: layCable(namespace, `v${id}p`),
      look: layCable(namespace, `v${id}l`),
    }
    const folder = new TemporaryFolder()
    const binary = folder.at("redis-server")
    writeFileSync(binary, `#!/bin/sh\nexec ip netns exec ${namespace} ${findRedisBinary()} "$@"\n`)
    chmodSync(binary, 0o755)
    const args = ["--bind", "0.0.0.0", "--protected-mode", "no"]
    return new PartitionedPlace(namespace, cables, folder, await startRedisServer({ appendOnly: true, binary, args }))
  }

  get workerUrl(): string {
    return this.#url(this.#cables.worker)
  }

  get producerUrl(): string {
    return this.#url(this.#cables.producer)
  }

  connect(): Promise<RedisConnection> {
    return openRedis(this.#url(this.#cables.look), lookTimeoutMs, lookOptions)
  }

  /** Cuts cables: what is sent on them is lost, and no connection hears of it. */
  cut(sides: readonly Side[]): void {
    for (const side of sides) ip("-n", this.#namespace, "link", "set", this.#cables[side].inner, "down")
  }

  async restore(): Promise<void> {
    for (const { inner } of Object.values(this.#cables)) ip("-n", this.#namespace, "link", "set", inner, "up")
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop()
    // The cables go with it.
    ip("netns", "del", this.#namespace)
    this.#folder[Symbol.dispose]()
  }

  #url({ address }: Cable): string {
    return `redis://${address}:${this.#server.port}`
  }
}

function layCable(namespace: string, name: string): Cable {
  const network = `10.${randomInt(200, 255)}.${randomInt(0, 255)}`
  const [outer, inner] = [`${name}0`, `${name}1`]
  ip("link", "add", outer, "type", "veth", "peer", "name", inner)
  ip("link", "set", inner, "netns", namespace)
  ip("addr", "add", `${network}.1/24`, "dev", outer)
  ip("-n", namespace, "addr", "add", `${network}.2/24`, "dev", inner)
  ip("link", "set", outer, "up")
  ip("-n", namespace, "link", "set", inner, "up")
  return { inner, address: `${network}.2` }
}
