import { randomBytes } from "node:crypto"
import { afterEach, describe, expect, inject, it } from "vitest"
import { loggedError } from "../../src/cli/log.ts"
import { TestFleet } from "../queue/test-fleet.ts"
import { type Running, runValence, startValence, toBeTrue } from "./run-valence.ts"

const running: Running[] = []
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill("SIGKILL")
    await ended
  }
})

const json = ["--log-format", "json"]

/** A line of the log. */
interface Line {
  readonly level: string
  readonly time: string
  readonly event?: string
  readonly msg: string
  readonly [more: string]: unknown
}

/** Starts a command, and returns when its log has a line that is meant. */
async function start(meant: RegExp, ...words: string[]) {
  const started = startValence("/tmp", ...words)
  running.push(started)
  let said = ""
  for (const stream of [started.child.stdout, started.child.stderr])
    stream?.on("data", (some: Buffer) => {
      said += some
    })
  await toBeTrue(() => meant.test(said) || started.child.exitCode !== null)
  return { ...started, said: () => said, url: /http:\/\/[\d.:]+/.exec(said)?.[0] ?? "" }
}

/** Stops a command, and gives the lines of its log, and what it wrote to standard error. */
async function stop({ child, ended }: Running): Promise<{ readonly lines: Line[]; readonly stderr: string }> {
  child.kill("SIGTERM")
  const { stdout, stderr } = await ended
  return {
    lines: stdout
      .split("\n")
      .filter(line => line !== "")
      .map(line => JSON.parse(line) as Line),
    stderr,
  }
}

const newPrefix = () => `{test-${randomBytes(6).toString("hex")}}`
const redis = () => ["--redis", inject("redisUrl"), "--key-prefix", newPrefix()]
const work = () => ["work", "--model", "afinn-111", "--port", "0", ...redis()]
const serve = ["serve", "--model", "afinn-111", "--port", "0"]

describe("--log-format json", () => {
  it.each([
    ["valence work", work, ["ready", "draining", "stopped"]],
    ["valence serve", () => serve, ["ready", "stopping"]],
    ["valence queue export", () => ["queue", "export", "--port", "0", ...redis()], ["ready"]],
  ])("%s - an object a line on standard output, and nothing else", async (_, words, events) => {
    const { lines, stderr } = await stop(await start(/ready/, ...words(), ...json))
    expect(lines.map(({ event }) => event).filter(event => event !== undefined)).toEqual(events)
    for (const { level, time, msg } of lines)
      expect([level, Number.isNaN(Date.parse(time)), typeof msg]).toEqual([expect.any(String), false, "string"])
    expect(stderr).toBe("")
  })

  it("an error that ends the command, and a misspelt variable - are lines too", async () => {
    const { code, stdout, stderr } = await runValence("/tmp", ...work(), ...json, "--redis", "redis://127.0.0.1:1")
    const line = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Line
    expect(line).toMatchObject({ level: "fatal", code: "redis_failed", msg: expect.stringContaining("127.0.0.1:1") })
    expect([code, stderr]).toEqual([2, ""])
  })
})

describe("--log-level", () => {
  it("debug - serve has a line for each request, without its text", async () => {
    const started = await start(/ready/, ...serve, ...json, "--log-level", "debug")
    const body = JSON.stringify({ text: "a secret text" })
    const headers = { "content-type": "application/json" }
    expect((await fetch(`${started.url}/v1/label`, { method: "POST", headers, body })).status).toBe(200)
    await fetch(`${started.url}/v1/jobs?q=secret`)
    await toBeTrue(() => started.said().split('"event":"request"').length > 2)
    const { lines } = await stop(started)
    expect(lines.filter(({ event }) => event === "request")).toMatchObject([
      { level: "debug", method: "POST", url: "/v1/label", status: 200, ms: expect.any(Number) },
      { url: "/v1/jobs", status: 405 },
    ])
    expect(JSON.stringify(lines)).not.toContain("secret")
  })

  it("debug - work has a line for each job, without its texts", async () => {
    await using fleet = await TestFleet.open()
    const where = ["--redis", fleet.url, "--key-prefix", fleet.keyPrefix]
    const words = ["work", "--model", "afinn-111", "--port", "0", ...where, ...json, "--log-level", "debug"]
    const started = await start(/ready/, ...words)
    const producer = await fleet.producer()
    await producer.label(["a secret text"], { id: "one" } as never)
    await fleet.queues.of("bulk").add("label", { v: 1, texts: [{ text: 5, secret: true }] }, { jobId: "two" })
    await toBeTrue(() => started.said().includes("dead letter"))
    const { lines } = await stop(started)
    const jobs = lines.filter(({ event }) => event === "job")
    expect(jobs).toMatchObject([
      { level: "debug", outcome: "completed", texts: 1, lane: "interactive" },
      { level: "warn", outcome: "dead", id: "two", error: "job_invalid" },
    ])
    expect(JSON.stringify(lines)).not.toContain("secret")
  })

  it("silent - nothing is written", async () => {
    const started = startValence("/tmp", ...work(), ...json, "--log-level", "silent", "--redis", "redis://127.0.0.1:1")
    running.push(started)
    expect(await started.ended).toMatchObject({ code: 2, stdout: "", stderr: "" })
  })
})

describe("--log-format text", () => {
  it("serve and queue export - lines on standard error without a time, as they were", async () => {
    const { said } = await start(/ready/, ...serve)
    expect(said()).toMatch(/^ready: http:\/\/127\.0\.0\.1:\d+ answers with afinn-111; Ctrl-C stops it\n$/)
  })

  it("work - lines on standard error that begin with the time", async () => {
    const { said } = await start(/ready/, ...work())
    expect(said()).toMatch(/^\d{4}-\S+Z ready: afinn-111 /m)
  })

  it("a job that became a dead letter - a line that ends with the reason", async () => {
    await using fleet = await TestFleet.open()
    const where = ["--redis", fleet.url, "--key-prefix", fleet.keyPrefix]
    const { said } = await start(/ready/, "work", "--model", "afinn-111", "--port", "0", ...where)
    await fleet.queues.of("bulk").add("label", { v: 1, texts: [{ text: 5 }] }, { jobId: "one" })
    await toBeTrue(() => said().includes("dead letter"))
    expect(said()).toMatch(/Z warning: job valence-bulk\.one is a dead letter now \(job_invalid\)$/m)
  })

  it("debug - a request is a line", async () => {
    const started = await start(/ready/, ...serve, "--log-level", "debug")
    await fetch(`${started.url}/v1/model`)
    await toBeTrue(() => started.said().includes("GET /v1/model 200 in "))
  })
})

it("loggedError() - leaves out the command that Redis refused, which holds texts", () => {
  const error = Object.assign(new Error("OOM command not allowed"), { command: { name: "evalsha", args: ["a text"] } })
  expect(loggedError(error)).toEqual({ type: "Error", message: error.message, stack: error.stack })
})
