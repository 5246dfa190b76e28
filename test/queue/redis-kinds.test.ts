import { execFile, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { promisify } from "node:util"
import { Redis } from "ioredis"
import { describe, expect, it } from "vitest"
import { createProducer } from "../../src/producer/create-producer.ts"
import { closeRedis, openRedis } from "../../src/queue/redis/open-redis.ts"
import { createWorker } from "../../src/worker/create-worker.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { findProgram, findRedisBinary } from "../redis/find-redis-binary.ts"
import { freePort } from "../redis/free-port.ts"
import { startRedisServer } from "../redis/redis-server.ts"
import { eventually, TestFleet } from "./test-fleet.ts"

/** A text goes through a producer and a worker of that Redis. */
async function labelThrough(url: string): Promise<void> {
  await using fleet = await TestFleet.open(url)
  await fleet.worker()
  const producer = await fleet.producer()
  const texts = ["ab", "c"]
  expect(await producer.label(texts)).toEqual(await plainLabeller().label(texts))
  expect(await producer.label(texts, { lane: "bulk", id: "run-1", priority: 2 })).toHaveLength(2)
  await producer.release(["run-1"])
}

/** These need a server of their own. */
describe.skipIf(!findRedisBinary())("a Redis", () => {
  it("with a password, and another database - is used", async () => {
    await using server = await startRedisServer({ args: ["--requirepass", "se@cret:1"] })
    await labelThrough(`redis://:${encodeURIComponent("se@cret:1")}@127.0.0.1:${server.port}/3`)
  })

  it("with a wrong password - redis_failed, without the password", async () => {
    await using server = await startRedisServer({ args: ["--requirepass", "secret"] })
    const opening = openRedis(`redis://:wrong@127.0.0.1:${server.port}`, 2000)
    await expect(opening).rejects.toMatchObject({
      code: "redis_failed",
      message: expect.stringMatching(/^Redis must answer at redis:\/\/127\.0\.0\.1:\d+; got .*(?:WRONGPASS|invalid)/),
    })
  })

  it("with an ACL user who may use the prefix alone - is used", async () => {
    await using server = await startRedisServer()
    const admin = await openRedis(server.url, 2000)
    const rules = ["on", ">pw", "~{test-*", "&{test-*", "+@all", "-@dangerous", "+info", "+keys"]
    await admin.call("ACL", "SETUSER", "valence", ...rules)
    await closeRedis(admin)
    await labelThrough(`redis://valence:pw@127.0.0.1:${server.port}`)
  })

  it("that is a Cluster - is used", async () => {
    const args = ["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"]
    await using server = await startRedisServer({ args })
    const admin = await openRedis(server.url, 2000)
    await admin.call("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
    await eventually(async () => String(await admin.call("CLUSTER", "INFO")).includes("cluster_state:ok"))
    await closeRedis(admin)
    await labelThrough(`redis+cluster://127.0.0.1:${server.port}`)
  })

  it.skipIf(!findProgram("openssl"))("over TLS, by a URL and by a connection of ioredis - is used", async () => {
    using folder = new TemporaryFolder()
    const [key, cert] = [folder.at("key.pem"), folder.at("cert.pem")]
    const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    const made = [
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-keyout",
      key,
      "-out",
      cert,
      "-days",
      "2",
      ...subject,
    ]
    execFileSync("openssl", made, { stdio: "ignore" })
    const tlsPort = await freePort()
    const files = ["--tls-cert-file", cert, "--tls-key-file", key, "--tls-auth-clients", "no"]
    await using _server = await startRedisServer({ args: ["--tls-port", `${tlsPort}`, ...files] })
    const secure = new Redis({
      host: "127.0.0.1",
      port: tlsPort,
      tls: { ca: folder.read("cert.pem") },
      lazyConnect: true,
    })
    await using worker = await createWorker({ labeller: plainLabeller(), redis: secure })
    await using producer = await createProducer({ redis: secure })
    expect(await producer.label(["ab"])).toEqual(await plainLabeller().label(["ab"]))
    const main = new URL("../../dist/cli/main.js", import.meta.url).pathname
    const words = [main, "queue", "status", "--json", "--redis", `rediss://127.0.0.1:${tlsPort}`]
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: cert }
    expect((await promisify(execFile)(process.execPath, words, { env })).stdout).toContain('"name":"plain"')
    expect(worker.ready).toBe(true)
  })

  it("that Sentinels know - is used", async () => {
    await using server = await startRedisServer()
    using folder = new TemporaryFolder()
    const port = await freePort()
    const lines = [
      `port ${port}`,
      "bind 127.0.0.1",
      `dir ${folder.path}`,
      `sentinel monitor main 127.0.0.1 ${server.port} 1`,
    ]
    const config = folder.write("sentinel.conf", lines.join("\n"))
    const sentinel = spawn(findRedisBinary() as string, [config, "--sentinel"], { stdio: "ignore" })
    try {
      await labelThrough(`redis+sentinel://127.0.0.1:${port}/main`)
    } finally {
      sentinel.kill("SIGKILL")
      await once(sentinel, "exit")
    }
  })
})
