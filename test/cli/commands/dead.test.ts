import { describe, expect, it } from "vitest"
import { listOptions } from "../../../src/cli/commands/dead.ts"
import { readOption } from "../../../src/declaration.ts"
import { ValenceError } from "../../../src/errors.ts"
import { TemporaryFolder } from "../../corpus/temporary-folder.ts"
import { TestFleet } from "../../queue/test-fleet.ts"
import { type Ended, runValence } from "../run-valence.ts"

/** A fleet with dead letters of interactive jobs. */
async function openWithLetters(ids: readonly string[], message = "it did not work"): Promise<TestFleet> {
  const fleet = await TestFleet.open()
  const { queues, deadLetters } = fleet
  for (const id of ids) {
    const job = await queues
      .of("interactive")
      .add("label", { v: 1, texts: [{ text: id }, { text: "b" }] }, { jobId: id })
    await deadLetters.add("interactive", job, new ValenceError("job_failed", message))
    await job.remove()
  }
  return fleet
}

async function run(fleet: TestFleet, ...words: string[]): Promise<Ended> {
  using folder = new TemporaryFolder()
  return await runValence(folder.path, "dead", ...words, "--redis", fleet.url, "--key-prefix", fleet.keyPrefix)
}

const waiting = ({ queues }: TestFleet) => queues.of("interactive").getWaitingCount()

describe("valence dead list", () => {
  it("prints a table, the oldest first; messages are cut and hold no control characters", async () => {
    await using fleet = await openWithLetters(["one", "two"], `bad \x1b[2J\nnews ${"x".repeat(200)}`)
    const { code, stdout, stderr } = await run(fleet, "list")
    expect(stdout).toMatch(/│ id +│ code +│ attempts │ age +│ texts │ message +│/)
    const cut = `bad +\\[2J news x{65}…`
    expect(stdout).toMatch(
      new RegExp(`│ valence\\.one │ job_failed │ 1 +│ [\\d.]+ m?s +│ 2 +│ ${cut} │[^]*valence\\.two`),
    )
    expect(stderr).toBe("")
    expect(code).toBe(0)
  })

  it("none - says so", async () => {
    await using fleet = await openWithLetters([])
    expect(await run(fleet, "list")).toMatchObject({ code: 0, stdout: "no dead letters\n", stderr: "" })
  })

  it("--json --limit - prints so many objects, and says how many more there are", async () => {
    const ids = Array.from({ length: 60 }, (_, i) => `job-${i}`)
    await using fleet = await openWithLetters(ids)
    const { code, stdout, stderr } = await run(fleet, "list", "--json", "--limit", "59")
    const letters = stdout
      .trimEnd()
      .split("\n")
      .map(line => JSON.parse(line))
    expect(letters.map(({ job }) => job)).toEqual(ids.slice(0, 59))
    expect(letters[0]).toMatchObject({ id: "valence.job-0", data: { texts: [{ text: "job-0" }, { text: "b" }] } })
    expect(stderr).toBe("1 dead letter more; list them with --limit 60\n")
    expect(code).toBe(0)
  })
})

describe("valence dead show", () => {
  it("prints the whole letter", async () => {
    await using fleet = await openWithLetters(["one"])
    const { code, stdout } = await run(fleet, "show", "valence.one")
    expect(stdout).toContain('{\n  "id": "valence.one",\n  "queue": "valence",\n')
    expect(JSON.parse(stdout)).toEqual(await fleet.deadLetters.show("valence.one"))
    expect(code).toBe(0)
  })

  it("an id that there is not - exit code 2", async () => {
    await using fleet = await openWithLetters([])
    const { code, stderr } = await run(fleet, "show", "valence.one")
    expect(stderr).toBe("error: no dead letter has the id valence.one\n")
    expect(code).toBe(2)
  })
})

describe("valence dead retry", () => {
  it("some ids, one of them unknown and one twice - does the others, exit code 2", async () => {
    await using fleet = await openWithLetters(["one", "two", "three"])
    const words = ["valence.one", "valence.nobody", "valence.three", "valence.one"]
    expect(await run(fleet, "retry", ...words)).toMatchObject({
      code: 2,
      stdout: "retried 2 dead letters\n",
      stderr: "error: no dead letter has the id valence.nobody\n",
    })
    expect(await fleet.deadLetters.ids()).toEqual(["valence.two"])
    expect(await waiting(fleet)).toBe(2)
  })

  it("--all - retries all", async () => {
    await using fleet = await openWithLetters(["one", "two"])
    expect(await run(fleet, "retry", "--all")).toMatchObject({
      code: 0,
      stdout: "retried 2 dead letters\n",
      stderr: "",
    })
    expect([await fleet.deadLetters.count(), await waiting(fleet)]).toEqual([0, 2])
  })
})

describe("valence dead drop", () => {
  it("an id - drops that one", async () => {
    await using fleet = await openWithLetters(["one", "two"])
    expect(await run(fleet, "drop", "valence.two")).toMatchObject({ code: 0, stdout: "dropped 1 dead letter\n" })
    expect(await fleet.deadLetters.ids()).toEqual(["valence.one"])
  })

  it("--all without a terminal - drops none without --yes", async () => {
    await using fleet = await openWithLetters(["one", "two"])
    expect(await run(fleet, "drop", "--all")).toMatchObject({
      code: 2,
      stderr: "error: dead drop --all needs --yes if there is no terminal to ask on\n",
    })
    expect(await fleet.deadLetters.count()).toBe(2)
    expect(await run(fleet, "drop", "--all", "--yes")).toMatchObject({ code: 0, stdout: "dropped 2 dead letters\n" })
    expect([await fleet.deadLetters.count(), await waiting(fleet)]).toEqual([0, 0])
  })
})

describe("valence dead", () => {
  it.each(["0", "1000001"])("--limit %s - is refused", value => {
    const rule = "--limit must be a whole number of letters, 1 to 1000000"
    expect(() => readOption("--limit", listOptions.limit, value)).toThrow(`${rule}; got "${value}"`)
  })

  it.each([
    [["retry"], "error: dead retry must have ids of dead letters or --all; got neither"],
    [["drop", "valence.one", "--all"], "error: dead drop must have ids of dead letters or --all; got both"],
    [["list", "--limit", "0"], "error: --limit must be a whole number of letters"],
  ])("%o - exit code 2, and says why", async (words, message) => {
    using folder = new TemporaryFolder()
    const { code, stderr } = await runValence(folder.path, "dead", ...words)
    expect(stderr).toContain(message)
    expect(code).toBe(2)
  })

  it("retry --help - has examples and exit codes", async () => {
    using folder = new TemporaryFolder()
    const { code, stdout } = await runValence(folder.path, "dead", "retry", "--help")
    expect(stdout).toContain("  valence dead retry --all\n")
    expect(stdout).toContain("Exit code: 0 all were retried, 2 some were not: the others were.")
    expect(code).toBe(0)
  })
})
