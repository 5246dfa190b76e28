import { once } from "node:events"
import { createServer } from "node:net"
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest"
import { createClassifier } from "../../../src/classifier/classifier.ts"
import { openQueues } from "../../../src/queue/open-queues.ts"
import { createWorker } from "../../../src/worker/create-worker.ts"
import { TemporaryFolder } from "../../corpus/temporary-folder.ts"
import { eventually } from "../../queue/test-fleet.ts"
import { findRedisBinary } from "../../redis/find-redis-binary.ts"
import { type RedisServer, startRedisServer } from "../../redis/redis-server.ts"
import { type Running, runValence, startValence } from "../run-valence.ts"

let folder: TemporaryFolder
let keyPrefix: string
const running: Running[] = []

beforeEach(() => {
  folder = new TemporaryFolder()
  keyPrefix = `{test-${Math.random().toString(36).slice(2)}}`
})
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill("SIGKILL")
    await ended
  }
  folder[Symbol.dispose]()
})

/** Starts a lexicon's worker, and returns its process and what it said when it was ready. */
async function startWork(redis = inject("redisUrl"), ...flags: string[]) {
  const words = ["--redis", redis, "--key-prefix", keyPrefix, "--model", "afinn-111", "--port", "0", ...flags]
  const work = startValence(folder.path, "work", ...words)
  running.push(work)
  let said = ""
  work.child.stderr?.on("data", (some: Buffer) => {
    said += some
  })
  await eventually(() => said.includes(" ready: ") || work.child.exitCode !== null)
  const url = /(http:\S+)\/metrics/.exec(said)?.[1] ?? ""
  return { ...work, url, said: () => said }
}

const statusOf = async (url: string) => (await fetch(url)).status

describe("valence work", () => {
  it("labels what valence label --redis puts into Redis: the same bytes as without", async () => {
    const work = await startWork()
    const rows = Array.from(
      { length: 500 },
      (_, row) => `${row},"a ${["good", "bad", "plain"][row % 3]} thing, ""${row}"""\n`,
    )
    folder.write("in.csv", `id,text\n${rows.join("")}`)
    const flags = ["--tokens", "--words", "--scores", "--chunk-texts", "64"]
    const fleet = ["--redis", inject("redisUrl"), "--key-prefix", keyPrefix]
    const through = await runValence(folder.path, "label", "in.csv", "-o", "fleet.csv", ...flags, ...fleet)
    expect(through).toMatchObject({ code: 0, stderr: expect.stringContaining("500 rows with afinn-111") })
    const embedded = ["-o", "embedded.csv", "--model", "afinn-111"]
    expect(await runValence(folder.path, "label", "in.csv", ...embedded, ...flags)).toMatchObject({ code: 0 })
    expect(folder.read("fleet.csv")).toBe(folder.read("embedded.csv"))
    const metrics = await (await fetch(`${work.url}/metrics`)).text()
    expect(metrics).toContain('valence_texts_total{lane="bulk",outcome="labelled"} 500\n')
    expect(metrics).toContain("valence_ready 1\n")
    work.child.kill("SIGTERM")
    expect(await work.ended).toMatchObject({ code: 0, stderr: expect.stringContaining("stopped: no job is at work") })
  })

  it("answers on its port", async () => {
    const { url } = await startWork()
    expect(await Promise.all(["/livez?x", "/readyz", "/metrics", "/", "//"].map(path => statusOf(url + path)))).toEqual(
      [200, 200, 200, 404, 404],
    )
  })

  it("a classifier - says on which devices when it is ready", async () => {
    const work = await startWork(undefined, "--model", "sentiment-small", "--device", "cpu:1", "--no-tune")
    expect(work.said()).toMatch(/ready: sentiment-small \S+ \S+ on cpu:1 \(children 1, token budget 512\), /)
  })

  it.skipIf(!findRedisBinary())("Redis goes and comes back - not ready meanwhile, and says so once", async () => {
    await using server = await startRedisServer({ appendOnly: true })
    const work = await startWork(server.url)
    await server.kill()
    await eventually(async () => (await statusOf(`${work.url}/readyz`)) === 503)
    expect(await statusOf(`${work.url}/livez`)).toBe(200)
    expect(await (await fetch(`${work.url}/readyz`)).text()).toBe("redis is away\n")
    await server.restart()
    await eventually(async () => (await statusOf(`${work.url}/readyz`)) === 200)
    expect(work.said().match(/redis is away/g)).toHaveLength(1)
    expect(work.said().match(/redis is back after/g)).toHaveLength(1)
  })

  it.skipIf(!findRedisBinary()).each([
    ["stays away", async () => {}],
    ["comes back at that moment", (server: RedisServer) => server.restart()],
  ])("SIGTERM while Redis is away, which %s - ends with 0", async (_, followUp) => {
    await using server = await startRedisServer()
    const work = await startWork(server.url)
    await server.kill()
    await eventually(() => work.said().includes("redis is away"))
    work.child.kill("SIGTERM")
    await followUp(server)
    expect(await work.ended).toMatchObject({ code: 0, stderr: expect.stringContaining("stopped: no job is at work") })
  })

  it.each([
    [
      ["--redis", "redis://127.0.0.1:1", "--model", "mvp"],
      "--model must not be given with --redis: the workers decide; got mvp",
    ],
    [["--priority", "2"], "--priority must be given with --redis alone; got 2"],
  ])("valence label %j - exit code 2", async (flags, message) => {
    folder.write("in.txt", "good\n")
    expect(await runValence(folder.path, "label", "in.txt", ...flags)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(message),
    })
  })

  it("its port is taken - says so, exit code 2", async () => {
    const other = createServer().listen(0, "127.0.0.1")
    await once(other, "listening")
    const { port } = other.address() as { port: number }
    const ended = await runValence(
      folder.path,
      "work",
      "--model",
      "mvp",
      "--redis",
      inject("redisUrl"),
      "--port",
      `${port}`,
    )
    other.close()
    expect(ended).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`error: port ${port} must be free on 127.0.0.1; got listen EADDRINUSE`),
    })
  })

  it.each([
    ["--redis", "http://queue", "--redis must be a URL: redis://, rediss://"],
    ["--drain-seconds", "-1", "--drain-seconds must be a whole number of seconds, 0 to 86400; got"],
    ["--concurrency", "0", "--concurrency must be a whole number of jobs, 1 to 10000; got"],
    ["--lock-ms", "99", "--lock-ms must be a whole number of ms, 100 to 2147483647; got"],
    ["--port", "65536", "--port must be a port number, 0 to 65535; got"],
  ])("%s %s - exit code 2", async (flag, value, message) => {
    expect(await runValence(folder.path, "work", flag, value)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(message),
    })
  })

  it("no Redis - says what must be there, exit code 2", async () => {
    const flags = [
      "--model",
      "mvp",
      "--redis",
      "redis://:secret@127.0.0.1:1",
      "--connect-timeout-ms",
      "200",
      "--port",
      "0",
    ]
    const { code, stderr } = await runValence(folder.path, "work", ...flags)
    expect(code).toBe(2)
    expect(stderr).toMatch(/^(\S+ )?error: Redis must answer at redis:\/\/127\.0\.0\.1:1; got connect ECONNREFUSED/m)
  })
})

describe("a program's worker", () => {
  it("on the same devices - takes as many jobs as the command's, and reports the same device", async () => {
    const work = await startWork(inject("redisUrl"), "--model", "sentiment-small", "--device", "cpu:2")
    await using classifier = await createClassifier({ model: "sentiment-small", device: "cpu:2" })
    await using worker = await createWorker({ labeller: classifier, options: { keyPrefix }, redis: inject("redisUrl") })
    await using queues = await openQueues({ redis: inject("redisUrl"), keyPrefix })
    const { interactive, bulk } = worker.concurrency
    expect(work.said()).toContain(`, ${interactive} interactive and ${bulk} bulk jobs at a time`)
    expect(classifier.devices.map(({ children }) => children)).toEqual([2])
    await eventually(async () => (await queues.fleet.workers()).length === 2)
    expect((await queues.fleet.workers()).map(({ device }) => device)).toEqual([worker.device, worker.device])
  })
})
