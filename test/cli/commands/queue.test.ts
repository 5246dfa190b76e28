import { once } from "node:events"
import { describe, expect, it } from "vitest"
import { drainOptions, laneOptions } from "../../../src/cli/commands/queue.ts"
import { readOption } from "../../../src/declaration.ts"
import { createLexiconLabeller } from "../../../src/lexicon/lexicon-labeller.ts"
import { TemporaryFolder } from "../../corpus/temporary-folder.ts"
import { eventually, heldLabeller, TestFleet } from "../../queue/test-fleet.ts"
import { type Ended, type Running, runValence, startValence } from "../run-valence.ts"

const data = { v: 1, texts: [{ text: "good" }, { text: "bad" }] }

/** Runs `valence queue ...` on a fleet's queues. */
function start(fleet: TestFleet, folder: TemporaryFolder, ...words: string[]): Running {
  return startValence(folder.path, "queue", ...words, "--redis", fleet.url, "--key-prefix", fleet.keyPrefix)
}

async function run(fleet: TestFleet, ...words: string[]): Promise<Ended> {
  using folder = new TemporaryFolder()
  const { child, ended } = start(fleet, folder, ...words)
  child.stdin?.end()
  return await ended
}

describe("valence queue status", () => {
  it("a worker lives - shows lanes, dead letters, the worker and the backlog", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker({ labeller: await createLexiconLabeller({ model: "afinn-111" }) })
    const { queues, deadLetters } = fleet
    await queues.of("bulk").pause()
    const old = await queues.of("bulk").add("label", data, { timestamp: Date.now() - 125_000 })
    await deadLetters.add("bulk", old, new Error("no") as never)
    const { code, stdout, stderr } = await run(fleet, "status")
    expect(stderr).toBe("")
    expect(stdout).toMatch(/│ lane +│ waiting │ active │ delayed │ failed │ waiting texts │ oldest +│ paused │/)
    expect(stdout).toMatch(/│ interactive │ 0 +│ 0 +│ 0 +│ 0 +│ 0 +│ +│ no +│/)
    expect(stdout).toMatch(/│ bulk +│ 1 +│ 0 +│ 0 +│ 0 +│ 2 +│ 2 min \d+ s │ yes +│/)
    expect(stdout).toMatch(new RegExp(`│ ${process.pid} +│ afinn-111 lexicon \\w+ │ lexicon +│ 0 +│ not known │`))
    expect(stdout).toContain("dead letters: 1, see valence dead list\n")
    expect(stdout).toContain("fleet: 1 worker, 0 texts/s\n")
    expect(stdout).not.toContain("no worker listens")
    expect(code).toBe(0)
  })

  it("no worker lives - says so, and what to do", async () => {
    await using fleet = await TestFleet.open()
    const { code, stdout } = await run(fleet, "status")
    expect(stdout).toContain("\nno worker listens: start one with valence work\nbacklog: nothing waits\n")
    expect(code).toBe(0)
  })

  it("--json - prints one object", async () => {
    await using fleet = await TestFleet.open()
    await fleet.queues.of("bulk").add("label", data)
    const { code, stdout } = await run(fleet, "status", "--json")
    expect(JSON.parse(stdout)).toEqual({
      lanes: [
        expect.objectContaining({ lane: "interactive", waitingJobs: 0, paused: false }),
        expect.objectContaining({ lane: "bulk", waitingJobs: 1, waitingTexts: 2, paused: false }),
      ],
      deadLetters: 0,
      workers: [],
      workerWanted: false,
      textsPerSecond: 0,
      tokensPerSecond: 0,
      // No worker has ever told what it can do.
      backlogSeconds: expect.any(Number),
    })
    expect(code).toBe(0)
  })

  it("export - metrics and the scale signal, from zero workers on, until Ctrl-C", async () => {
    await using fleet = await TestFleet.open()
    using folder = new TemporaryFolder()
    const { child, ended } = start(fleet, folder, "export", "--port", "0")
    let told = ""
    child.stderr?.on("data", part => {
      told += part
    })
    await eventually(() => told.includes("ready:") || child.exitCode !== null)
    const [url] = /http:\S+(?=\/metrics)/.exec(told) ?? []
    const scale = async () => (await fetch(`${url}/v1/queue/scale`)).json()
    expect(await scale()).toMatchObject({ waitingTexts: 0, workers: 0, desiredWorkers: 0 })
    await fleet.queues.of("bulk").add("label", { v: 1, texts: [{ text: "good" }, { text: "bad" }] })
    expect(await scale()).toMatchObject({ waitingTexts: 2, workers: 0, desiredWorkers: 1 })
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(metrics).toContain("\nvalence_desired_workers 1\n")
    expect(metrics).toMatch(/\nprocess_start_time_seconds \d/)
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    child.kill("SIGINT")
    expect(await ended).toMatchObject({ code: 0 })
  })

  it("--watch - shows until Ctrl-C, which is a success", async () => {
    await using fleet = await TestFleet.open()
    using folder = new TemporaryFolder()
    const { child, ended } = start(fleet, folder, "status", "--watch", "--json")
    await once(child.stdout as NodeJS.ReadableStream, "data")
    child.kill("SIGINT")
    const { code, stdout } = await ended
    expect(JSON.parse(stdout.split("\n")[0] ?? "")).toMatchObject({ deadLetters: 0 })
    expect(code).toBe(0)
  })
})

it("valence queue pause, resume - change both lanes or one, and say what is so now", async () => {
  await using fleet = await TestFleet.open()
  const { queues } = fleet
  const paused = () => Promise.all([queues.of("interactive").isPaused(), queues.of("bulk").isPaused()])
  const took = "not paused, workers take its jobs\n"
  const none = "paused, workers take none of its jobs\n"
  expect(await run(fleet, "pause")).toMatchObject({ code: 0, stdout: `interactive: ${none}bulk: ${none}`, stderr: "" })
  expect(await paused()).toEqual([true, true])
  expect(await run(fleet, "resume", "--lane", "bulk")).toMatchObject({ code: 0, stdout: `bulk: ${took}` })
  expect(await paused()).toEqual([true, false])
  expect(await run(fleet, "resume")).toMatchObject({ code: 0, stdout: `interactive: ${took}bulk: ${took}` })
  expect(await paused()).toEqual([false, false])
})

describe("valence queue drain", () => {
  it("a worker at work - tells what is left, waits until nothing is, and throws nothing away", async () => {
    await using fleet = await TestFleet.open()
    using folder = new TemporaryFolder()
    const { labeller, held, letGo } = heldLabeller()
    await fleet.worker({ labeller })
    const { queues } = fleet
    await queues.of("bulk").add("label", data)
    await eventually(() => held.length > 0)
    const { child, ended } = start(fleet, folder, "drain")
    await once(child.stderr as NodeJS.ReadableStream, "data")
    letGo()
    expect(await ended).toMatchObject({
      code: 0,
      stdout: "drained: no job waits, is delayed or active\n",
      stderr: expect.stringMatching(/^interactive: 0 wait, 0 active, 0 delayed; bulk: 0 wait, 1 active, 0 delayed\n/),
    })
    expect(await queues.of("bulk").getCompletedCount()).toBe(1)
  })

  it("the time passed - exit code 1, and says what is left and why", async () => {
    await using fleet = await TestFleet.open()
    const { queues } = fleet
    await queues.of("bulk").add("label", data)
    await queues.of("bulk").pause()
    const left = "bulk (paused: valence queue resume): 1 wait, 0 active, 0 delayed\n"
    expect(await run(fleet, "drain", "--lane", "bulk", "--timeout-seconds", "1")).toMatchObject({
      code: 1,
      stdout: "",
      stderr: `no worker listens: start one with valence work\n${left}not drained within 1 s (--timeout-seconds): ${left}`,
    })
    expect(await queues.of("bulk").getWaitingCount()).toBe(1)
  })

  it("Ctrl-C - exit code 130", async () => {
    await using fleet = await TestFleet.open()
    using folder = new TemporaryFolder()
    await fleet.queues.of("bulk").add("label", data)
    const { child, ended } = start(fleet, folder, "drain")
    await once(child.stderr as NodeJS.ReadableStream, "data")
    child.kill("SIGINT")
    const { code, stderr } = await ended
    expect(stderr).toContain("the wait for empty queues was aborted; their jobs stay\n")
    expect(code).toBe(130)
  })
})

describe("valence queue", () => {
  it.each([
    ["--lane", laneOptions.lane, "both", "must be one of interactive, bulk"],
    ["--timeout-seconds", drainOptions.timeoutSeconds, "0", "must be a whole number of seconds, 1 to 2000000"],
    ["--timeout-seconds", drainOptions.timeoutSeconds, "2000001", "must be a whole number of seconds, 1 to 2000000"],
  ])("%s %#- %s is refused", (flag, declaration, value, rule) => {
    expect(() => readOption<unknown>(flag, declaration, value)).toThrow(`${flag} ${rule}; got "${value}"`)
  })

  it.each([
    [["drain", "--lane", "both"], 'error: --lane must be one of interactive, bulk; got "both"'],
    [["status", "--redis", "redis://127.0.0.1:1"], "error: Redis must answer at redis://127.0.0.1:1; got connect"],
    [["pause", "--redis", "http://localhost"], "error: --redis must be a URL: redis://"],
  ])("%o - exit code 2, and says why", async (words, message) => {
    using folder = new TemporaryFolder()
    const { code, stderr } = await runValence(folder.path, "queue", ...words, "--connect-timeout-ms", "200")
    expect(stderr).toContain(message)
    expect(code).toBe(2)
  })

  it("drain --help - says that producers go on, and what the exit codes mean", async () => {
    using folder = new TemporaryFolder()
    const { code, stdout } = await runValence(folder.path, "queue", "drain", "--help")
    expect(stdout).toMatch(/it does not stop\s+producers/)
    expect(stdout).toContain("Exit code: 0 the queues are empty, 1 the time passed, 2 they could not be looked at, 130")
    expect(code).toBe(0)
  })
})
