import { once } from "node:events"
import { type AddressInfo, createServer, type Socket } from "node:net"
import { Cluster, type Redis } from "ioredis"
import { describe, expect, it } from "vitest"
import { listen } from "../../../src/queue/redis/listen.ts"
import { openRedis } from "../../../src/queue/redis/open-redis.ts"
import { findRedisBinary } from "../../redis/find-redis-binary.ts"
import { type RedisServer, startRedisServer } from "../../redis/redis-server.ts"
import { eventually } from "../test-fleet.ts"

const silenceMs = 300

/** Stops a server's process without closing anything, until it is disposed. */
function freeze({ pid }: RedisServer): Disposable {
  if (pid === undefined) throw new Error("the Redis must run; it does not")
  process.kill(pid, "SIGSTOP")
  return { [Symbol.dispose]: () => void process.kill(pid, "SIGCONT") }
}

/** The next event of that name; errors that come before it are no failure. */
const next = (redis: Redis, event: string) => new Promise<unknown>(resolve => redis.once(event, resolve))

const open = (url: string, patient = true) => openRedis(url, 60_000, { silenceMs, patient }) as Promise<Redis>

describe.skipIf(!findRedisBinary())("a connection whose server is frozen", () => {
  it("is closed, and the command is answered on another", async () => {
    await using server = await startRedisServer()
    const redis = await open(server.url)
    let answer: Promise<unknown>
    {
      using _frozen = freeze(server)
      answer = redis.set("key", "value")
      expect(await next(redis, "error")).toMatchObject({ message: `redis did not answer within ${silenceMs} ms` })
      // The kernel accepts a connection in the place of a frozen server: it must not wait for ever there either.
      await next(redis, "connect")
      await next(redis, "close")
    }
    expect(await answer).toBe("OK")
    redis.disconnect()
  })

  it("is closed where it is idle, and where it listens", async () => {
    await using server = await startRedisServer()
    const [idle, listener, other] = [await open(server.url), await open(server.url), await open(server.url)]
    const heard: string[] = []
    await listen(listener, "channel", message => heard.push(message))
    {
      using _frozen = freeze(server)
      await Promise.all([next(idle, "close"), next(listener, "close")])
    }
    await eventually(async () => {
      await other.publish("channel", "after")
      return heard.length > 0
    })
    for (const redis of [idle, listener, other]) redis.disconnect()
  })

  it("is closed where it was made by duplicate(), as BullMQ does", async () => {
    await using server = await startRedisServer()
    const redis = await open(server.url)
    const copy = redis.duplicate().on("error", () => {})
    await copy.ping()
    const popping = copy.bzpopmin("nothing", 0.1)
    expect(await popping).toBeNull()
    {
      using _frozen = freeze(server)
      await next(copy, "close")
    }
    expect(await copy.ping()).toBe("PONG")
    redis.disconnect()
    copy.disconnect()
  })
})

describe.skipIf(!findRedisBinary())("a connection whose server is well", () => {
  it("stays while a command blocks for longer than an answer may take", async () => {
    await using server = await startRedisServer()
    const redis = await open(server.url)
    let closed = 0
    redis.on("close", () => closed++)
    expect(await redis.bzpopmin("nothing", 1.5)).toBeNull()
    expect(closed).toBe(0)
    redis.disconnect()
  })
})

it("a server that accepts and says nothing - each attempt ends", async () => {
  const sockets: Socket[] = []
  const server = createServer(socket => void sockets.push(socket)).listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  await expect(openRedis(`redis://127.0.0.1:${port}`, 2000, { silenceMs })).rejects.toMatchObject({
    code: "redis_failed",
    message: expect.stringContaining(`redis did not answer within ${silenceMs} ms`),
  })
  expect(sockets.length).toBeGreaterThan(1)
  for (const socket of sockets) socket.destroy()
  server.close()
})

it("openRedis(a Cluster of a caller) - keeps what the caller chose", async () => {
  const given = new Cluster([{ host: "127.0.0.1", port: 1 }], {
    lazyConnect: true,
    redisOptions: { password: "secret", connectTimeout: 123 },
    clusterRetryStrategy: () => null,
  })
  const copied: unknown[] = []
  const duplicate = given.duplicate.bind(given)
  given.duplicate = (...how) => {
    copied.push(how[1])
    return duplicate(...how)
  }
  await expect(openRedis(given, 200)).rejects.toMatchObject({ code: "redis_failed" })
  const redisOptions = { password: "secret", connectTimeout: 123, maxRetriesPerRequest: null }
  expect(copied).toMatchObject([{ redisOptions }])
})
