import { once } from "node:events"
import { Agent, type IncomingMessage, request } from "node:http"
import { afterEach, describe, expect, it } from "vitest"
import { createLexiconLabeller } from "../../../src/lexicon/lexicon-labeller.ts"
import { TemporaryFolder } from "../../corpus/temporary-folder.ts"
import { eventually, TestFleet } from "../../queue/test-fleet.ts"
import { findRedisBinary } from "../../redis/find-redis-binary.ts"
import { type RedisServer, startRedisServer } from "../../redis/redis-server.ts"
import { type Running, startValence, startValenceIn, toBeTrue } from "../run-valence.ts"

const running: Running[] = []
afterEach(() => {
  for (const { child } of running.splice(0)) child.kill("SIGKILL")
})

/** Starts `valence serve` with a lexicon, and returns when it is ready. */
function serve(...words: string[]) {
  return start("--model", "afinn-111", ...words)
}

/** As `serve`, with variables of the environment. */
function serveIn(env: Readonly<Record<string, string>>) {
  return begin(startValenceIn(env, "/tmp", "serve", "--port", "0", "--model", "afinn-111"))
}

function start(...words: string[]) {
  return begin(startValence("/tmp", "serve", "--port", "0", ...words))
}

async function begin(started: Running): Promise<Running & { readonly url: string; stderr(): string }> {
  running.push(started)
  let stderr = ""
  started.child.stderr?.on("data", data => {
    stderr += String(data)
  })
  await toBeTrue(() => /ready: \S+/.test(stderr) || started.child.exitCode !== null)
  return { ...started, url: /ready: (\S+)/.exec(stderr)?.[1] ?? "", stderr: () => stderr }
}

/** A corpus of which a part was sent, and its answer. */
async function halfSent(url: string) {
  const sent = request(`${url}/v1/corpus`, { method: "POST", headers: { "content-type": "text/csv" } })
  sent.on("error", () => {})
  const answered = once(sent, "response") as Promise<[IncomingMessage]>
  sent.write(`text\n${"good\n".repeat(1000)}`)
  const [answer] = await answered
  let body = ""
  const ended = new Promise<void>(resolve => answer.once("close", resolve))
  answer.setEncoding("utf8").on("data", data => {
    body += data
  })
  answer.on("error", () => {})
  return { sent, answer, ended, body: () => body }
}

describe("valence serve", () => {
  it("SIGTERM - is not ready, finishes what is under way, and ends with 0, whoever keeps a connection", async () => {
    const { child, ended, url } = await serve("--unready-seconds", "1")
    const agent = new Agent({ keepAlive: true })
    const ask = (path: string) =>
      new Promise<number>((resolve, reject) => {
        request(`${url}${path}`, { agent }, answer => {
          answer.resume().once("end", () => resolve(answer.statusCode ?? 0))
        })
          .on("error", reject)
          .end()
      })
    expect(await ask("/readyz")).toBe(200)
    const corpus = await halfSent(url)
    child.kill("SIGTERM")
    let status = 200
    while (status === 200) status = await ask("/readyz")
    expect(status).toBe(503)
    expect(await ask("/v1/model")).toBe(200)
    corpus.sent.end("bad\n")
    await corpus.ended
    expect(corpus.body().split("\n").at(-2)).toBe("bad,NEGATIVE,-3")
    expect(corpus.answer.complete).toBe(true)
    expect(await ended).toMatchObject({ code: 0, signal: null })
    agent.destroy()
  })

  it.skipIf(!findRedisBinary()).each([
    ["stays away", async () => {}],
    ["comes back at that moment", (server: RedisServer) => server.restart()],
  ])("SIGTERM while Redis is away, which %s - is not ready, ends with 0", async (_, followUp) => {
    await using server = await startRedisServer()
    await using fleet = await TestFleet.open(server.url)
    const worker = await fleet.worker()
    const where = ["--redis", server.url, "--key-prefix", fleet.keyPrefix]
    const { child, ended, url } = await start(...where, "--webhook-secret", "long enough to be one")
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    await server.kill()
    await eventually(() => worker.state === "redis is away")
    const readiness = await fetch(`${url}/readyz`)
    expect(readiness.status).toBe(503)
    expect(await readiness.text()).toMatch(/redis (is away|does not answer)/)
    child.kill("SIGTERM")
    await followUp(server)
    expect(await ended).toMatchObject({ code: 0, signal: null })
    // For the fleet, which has keys to remove.
    await server.restart()
  })

  it("SIGTERM while the first worker of a fleet is waited for - ends at once", async () => {
    await using fleet = await TestFleet.open()
    using folder = new TemporaryFolder()
    const where = ["--redis", fleet.url, "--key-prefix", fleet.keyPrefix, "--worker-wait-ms", "600000"]
    const { child, ended } = startValence(folder.path, "serve", "--port", "0", ...where)
    // It wants a worker while it waits.
    await eventually(() => fleet.fleet.isWanted())
    child.kill("SIGTERM")
    expect(await ended).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("it was stopped before it was ready"),
    })
  })

  it("VALENCE_REDIS - the fleet labels, and no command line has the URL", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const env = { VALENCE_REDIS: fleet.url, VALENCE_KEY_PREFIX: fleet.keyPrefix }
    const { stderr } = await begin(startValenceIn(env, "/tmp", "serve", "--port", "0"))
    expect(stderr()).toContain("labelled by the fleet")
  })

  it("--more-key-prefixes - a second fleet labels what names its model", async () => {
    await using fleet = await TestFleet.open()
    await using second = await TestFleet.open()
    await fleet.worker()
    await second.worker({ labeller: await createLexiconLabeller({ model: "mvp" }) })
    const env = {
      VALENCE_REDIS: fleet.url,
      VALENCE_KEY_PREFIX: fleet.keyPrefix,
      VALENCE_MORE_KEY_PREFIXES: second.keyPrefix,
    }
    const { url } = await begin(startValenceIn(env, "/tmp", "serve", "--port", "0"))
    const body = JSON.stringify({ text: "good", model: "mvp" })
    const headers = { "content-type": "application/json" }
    const answer = await fetch(`${url}/v1/label`, { method: "POST", headers, body })
    expect(await answer.json()).toMatchObject({ model: { name: "mvp", dtype: "lexicon" } })
  })

  it.each([
    [["--model", "afinn-111", "--more-key-prefixes", "{a}"], "--more-key-prefixes needs a fleet: give --redis"],
    [["--redis", "URL", "--key-prefix", "PREFIX", "--more-key-prefixes", "{b},PREFIX"], "must name each fleet once"],
  ])("%j - is refused: %s", async (words, message) => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const given = words.map(word => word.replace("URL", fleet.url).replace("PREFIX", fleet.keyPrefix))
    const { stderr } = await start(...given)
    expect(stderr()).toContain(message)
  })

  it("VALENCE_REDIS and --model - is refused by its name", async () => {
    const env = { VALENCE_REDIS: "redis://127.0.0.1:1" }
    const { stderr } = await begin(startValenceIn(env, "/tmp", "serve", "--port", "0", "--model", "afinn-111"))
    expect(stderr()).toContain("--model must not be given with VALENCE_REDIS: the workers decide")
  })

  it("errors that no handler catches - are logged and counted, and the server goes on", async () => {
    using folder = new TemporaryFolder()
    const thrower = folder.write(
      "throw.mjs",
      `process.on("SIGUSR2", () => {
        setTimeout(() => { throw new Error("thrown outside") })
        Promise.reject(new Error("rejected outside"))
      })`,
    )
    const { child, ended, url } = await serveIn({ NODE_OPTIONS: `--import ${thrower}` })
    let log = ""
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", data => {
        log += String(data)
      })
    child.kill("SIGUSR2")
    await toBeTrue(() => log.includes("thrown outside") && log.includes("rejected outside"))
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(metrics).toContain("valence_http_unforeseen_errors_total 2\n")
    child.kill("SIGTERM")
    expect(await ended).toMatchObject({ code: 0 })
  })

  it("a webhook secret that is too short, before a fleet - exit code 2, and the process ends", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker({ labeller: await createLexiconLabeller({ model: "afinn-111" }) })
    const redis = { VALENCE_REDIS: fleet.url, VALENCE_KEY_PREFIX: fleet.keyPrefix }
    const { child, ended } = startValenceIn(
      { ...redis, VALENCE_WEBHOOK_SECRET: "short" },
      "/tmp",
      "serve",
      "--port",
      "0",
    )
    running.push({ child, ended })
    expect(await ended).toMatchObject({ code: 2, stderr: expect.stringContaining("16 characters or more") })
  })

  it("a second signal - stops at once", async () => {
    const { child, ended, url, stderr } = await serve()
    const corpus = await halfSent(url)
    child.kill("SIGTERM")
    await toBeTrue(() => stderr().includes("stopping: "))
    // One Ctrl-C may come twice: the second counts a little later.
    const again = setInterval(() => child.kill("SIGTERM"), 100)
    expect(await ended).toMatchObject({ code: 130 })
    clearInterval(again)
    await corpus.ended
    expect(corpus.answer.complete).toBe(false)
  })

  it("--drain-seconds - bounds how long it waits", async () => {
    const { child, ended, url } = await serve("--drain-seconds", "1")
    const corpus = await halfSent(url)
    child.kill("SIGTERM")
    expect(await ended).toMatchObject({ code: 0 })
    await corpus.ended
    expect(corpus.answer.complete).toBe(false)
  })

  it("to everybody, without keys - warns, and says that it listens on all addresses", async () => {
    const { stderr } = await serve("--host", "0.0.0.0")
    expect(stderr()).toMatch(/ready: http:\/\/0\.0\.0\.0:\d+ answers/)
    expect(stderr()).toContain(
      "warning: anybody who reaches 0.0.0.0 may label: set --api-keys-file, or VALENCE_API_KEYS",
    )
  })

  it("a port that is taken - exit code 2, and why", async () => {
    const { url } = await serve()
    const { ended } = startValence("/tmp", "serve", "--port", new URL(url).port, "--model", "afinn-111")
    expect(await ended).toMatchObject({ code: 2, stderr: expect.stringContaining("must be free on 127.0.0.1") })
  })
})
