import { once } from "node:events"
import { createServer, type Server, type Socket } from "node:net"
import { describe, expect, it } from "vitest"
import { closeRedis, openRedis } from "../../../src/queue/redis/open-redis.ts"
import type { RedisSecurity } from "../../../src/queue/redis/redis-security.ts"
import { TemporaryFolder } from "../../corpus/temporary-folder.ts"
import { findRedisBinary } from "../../redis/find-redis-binary.ts"
import { freePort } from "../../redis/free-port.ts"
import { startRedisServer } from "../../redis/redis-server.ts"
import { startSentinel } from "../../redis/sentinel.ts"

/** Certificates for 127.0.0.1 of a CA whose key is gone; made by openssl, valid for 100 years. */
const pem = (name: string) => `test/redis/tls/${name}.pem`
const files = ["--tls-cert-file", pem("server"), "--tls-key-file", pem("server-key"), "--tls-ca-cert-file", pem("ca")]
const absolute = files.map(word => (word.startsWith("--") ? word : `${process.cwd()}/${word}`))
const ca = { redisCa: pem("ca") }
const client = { ...ca, redisCert: pem("client"), redisKey: pem("client-key") }
const limitMs = 60_000

/** Sets a key at a URL, and reads it. */
async function use(url: string, security: RedisSecurity = {}): Promise<string | null> {
  const redis = await openRedis(url, limitMs, { security })
  try {
    await redis.set("{test}:key", "value")
    return await redis.get("{test}:key")
  } finally {
    await closeRedis(redis)
  }
}

const tlsOnly = (port: number, clients: "yes" | "no") => [
  ...["--port", "0", "--tls-port", String(port), "--tls-auth-clients", clients],
  ...absolute,
]

/** A Redis that speaks TLS alone. */
async function startTlsServer(clients: "yes" | "no") {
  const port = await freePort()
  return startRedisServer({ port, args: tlsOnly(port, clients) })
}

/** Takes connections, records what comes on each, and answers each command; it hangs up if there is no answer, and at TLS. */
async function startSpy(answer: (command: string) => string | undefined) {
  const heard: string[] = []
  const sockets = new Set<Socket>()
  const server: Server = createServer(socket => {
    sockets.add(socket)
    socket.on("error", () => {})
    socket.on("data", data => {
      const text = data.toString("latin1")
      heard.push(data[0] === 0x16 ? "TLS" : text)
      const commands = data[0] === 0x16 ? [""] : text.toLowerCase().split(/^(?=\*)/m)
      const answers = commands.map(command => (command === "" ? undefined : answer(command)))
      if (answers.includes(undefined)) socket.destroy()
      else socket.write(answers.join(""))
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as { port: number }
  return {
    heard,
    port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, "close")
    },
  }
}

describe.skipIf(findRedisBinary() === undefined)("openRedis() - over TLS", () => {
  it("rediss, with the CA and a client's certificate", async () => {
    await using server = await startTlsServer("yes")
    const url = `rediss://127.0.0.1:${server.port}`
    expect(await use(url, client)).toBe("value")
    await expect(openRedis(url, 2000, { security: ca })).rejects.toMatchObject({ code: "redis_failed" })
    await expect(openRedis(url, 2000)).rejects.toThrow(/self-signed certificate|unable to verify/)
  })

  it.each(["plain", "TLS"])("rediss+sentinel, Sentinels that speak %s - TLS to the master", async kind => {
    await using server = await startTlsServer("no")
    const ports = kind === "TLS" ? ["port 0", "tls-port PORT"] : ["port PORT"]
    const settings = absolute.join(" ").split(/ ?--/).slice(1)
    const lines = [...ports, ...settings, "tls-replication yes", "tls-auth-clients no"]
    await using sentinel = await startSentinel(server.port, lines)
    expect(await use(`rediss+sentinel://127.0.0.1:${sentinel.port}/main`, ca)).toBe("value")
  })

  it("rediss+sentinel, to a spy in the place of the master - it sees no plain text", async () => {
    await using master = await startSpy(() => undefined)
    const address = `*2\r\n$9\r\n127.0.0.1\r\n$${String(master.port).length}\r\n${master.port}\r\n`
    await using sentinel = await startSpy(text =>
      text.includes("get-master-addr") ? address : text.includes("sentinels") ? "*0\r\n" : "+OK\r\n",
    )
    const url = `rediss+sentinel://me:topsecret@127.0.0.1:${sentinel.port}/main`
    await expect(openRedis(url, 3000)).rejects.toMatchObject({ code: "redis_failed" })
    expect(new Set(master.heard)).toEqual(new Set(["TLS"]))
    expect(sentinel.heard.join()).not.toContain("topsecret")
  })

  it("rediss+sentinel with a password of Sentinels that speak no TLS - is refused, and it is not sent", async () => {
    await using sentinel = await startSpy(() => "+OK\r\n")
    const opened = openRedis(`rediss+sentinel://127.0.0.1:${sentinel.port}/main`, 3000, {
      security: { sentinelPassword: "topsecret" },
    })
    await expect(opened).rejects.toMatchObject({
      code: "option_invalid",
      message: expect.stringContaining("do not speak TLS"),
    })
    expect(sentinel.heard.join()).not.toContain("topsecret")
  })
})

describe.skipIf(findRedisBinary() === undefined)("openRedis() - credentials", () => {
  it("Sentinels with a password, and a master with another", async () => {
    await using server = await startRedisServer({ args: ["--requirepass", "master's"] })
    await using sentinel = await startSentinel(server.port, ["port PORT", "requirepass senpw"])
    const url = `redis+sentinel://:master's@127.0.0.1:${sentinel.port}/main`
    expect(await use(url, { sentinelPassword: "senpw" })).toBe("value")
  })

  it.each(["p@ss:w/rd", "a#b?c", "ünï€😀", '"quoted"'])(
    "the password %s, as it is and percent-encoded - works",
    async password => {
      await using server = await startRedisServer({ args: ["--requirepass", password] })
      expect(await use(`redis://:${encodeURIComponent(password)}@127.0.0.1:${server.port}`)).toBe("value")
      expect(await use(`redis://:${password}@127.0.0.1:${server.port}`)).toBe("value")
    },
  )

  it("a database that the server does not have - redis_invalid", async () => {
    await using server = await startRedisServer({ args: ["--databases", "4"] })
    expect(await use(`redis://127.0.0.1:${server.port}/3`)).toBe("value")
    await expect(openRedis(`redis://127.0.0.1:${server.port}/99`, limitMs)).rejects.toMatchObject({
      code: "redis_invalid",
      message: expect.stringContaining("redis has no database 99 that may be used: ERR DB index is out of range"),
    })
  })

  it("a Unix socket", async () => {
    using folder = new TemporaryFolder()
    await using _ = await startRedisServer({ args: ["--unixsocket", folder.at("redis.sock")] })
    expect(await use(`unix://${folder.at("redis.sock")}?db=2`)).toBe("value")
  })

  it.each([
    [{ redisCa: "/no/such.pem" }, "rediss://localhost", /^redisCa must be a PEM file; ENOENT/],
    [{ redisCa: pem("ca") }, "redis://localhost", /^redisCa, redisCert and redisKey need a URL with TLS/],
    [{ redisCert: pem("client") }, "rediss://localhost", /^redisCert and redisKey must be given together/],
  ])("%j at %s - option_invalid", async (security, url, message) => {
    await expect(openRedis(url, 1000, { security })).rejects.toMatchObject({
      code: "option_invalid",
      message: expect.stringMatching(message),
    })
  })
})
