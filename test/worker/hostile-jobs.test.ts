import { describe, expect, it } from "vitest"
import { finishedJobs } from "../../src/queue/jobs/finished-jobs.ts"
import { eventually, TestFleet } from "../queue/test-fleet.ts"

const good = '{"v":1,"texts":[{"text":"ab"}]}'

/** Puts a job into Redis field by field, as a program does that knows nothing of the rules. */
async function put(fleet: TestFleet, id: string, fields: Readonly<Record<string, string>> = {}): Promise<void> {
  const queue = fleet.queues.keyOf("interactive")
  const job = {
    name: "label",
    data: good,
    opts: '{"attempts":2}',
    timestamp: String(Date.now()),
    delay: "0",
    priority: "0",
  }
  await fleet.redis.hset(`${queue}:${id}`, { ...job, ...fields })
  await fleet.redis.lpush(`${queue}:wait`, id)
  await fleet.redis.zadd(`${queue}:marker`, 0, "0")
}

async function outcomeOf(fleet: TestFleet, id: string): Promise<string | undefined> {
  let state: string | undefined
  await eventually(async () => {
    const [found] = await finishedJobs(fleet.redis, fleet.queues.keyOf("interactive"), [id], "peek")
    state = found?.state
    return state !== "pending"
  })
  return state
}

const nested = (depth: number) => `{"v":1,"texts":${"[".repeat(depth)}${"]".repeat(depth)}}`

describe("a job that no producer of Valence would add", () => {
  it.each<[string, Record<string, string>, RegExp]>([
    ["opts that are no JSON", { opts: "{nope" }, /^job opts must be JSON; got "{nope" /],
    ["opts null", { opts: "null" }, /^job opts must be an object; got null$/],
    ["progress that is no JSON", { progress: "{nope" }, /^job progress must be JSON; got "{nope" /],
    ["a parent that is no JSON", { parent: "{nope" }, /^job parent must be JSON; got "{nope" /],
    ["opts that are a number", { opts: "5" }, /^job opts must be an object; got 5$/],
    ["a parent that is a number", { parent: "5" }, /^job parent must be an object; got 5$/],
    ["data that are no JSON", { data: "{nope" }, /^job must be JSON; got "{nope"$/],
    ["texts nested 10,000 deep", { data: nested(10_000) }, /^job \/texts\/0 must be object; got \[\[/],
    ["texts nested 200,000 deep", { data: nested(200_000) }, /^job \/texts\/0 must be object; got \[\[/],
    [
      "an option nested 50,000 deep",
      { data: `{"v":1,"x":${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}}` },
      /^job must have/,
    ],
  ])("%s - goes to the dead letters, and the next job is labelled", async (_, fields, message) => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    await put(fleet, "bad", fields)
    await put(fleet, "good")
    expect([await outcomeOf(fleet, "bad"), await outcomeOf(fleet, "good")]).toEqual(["failed", "completed"])
    const letters = await fleet.deadLetters.list()
    expect(letters).toMatchObject([
      { job: "bad", cause: { code: "job_invalid", message: expect.stringMatching(message) } },
    ])
    if (fields["data"]?.startsWith('{"v"')) expect(letters[0]?.data).toBe(fields["data"])
    await eventually(() => fleet.ended.length === 2)
    expect(fleet.ended.map(({ outcome }) => outcome).sort()).toEqual(["completed", "dead"])
    await fleet.deadLetters.drop(letters[0]?.id as string)
    expect(await fleet.deadLetters.count()).toBe(0)
  })

  it.each(["atm", "ats", "stc"])(
    "a counter %s that is no number - is labelled, and lost from no list",
    async counter => {
      await using fleet = await TestFleet.open()
      await fleet.worker()
      await put(fleet, "bad", { [counter]: "abc" })
      await put(fleet, "good")
      expect([await outcomeOf(fleet, "bad"), await outcomeOf(fleet, "good")]).toEqual(["completed", "completed"])
    },
  )

  it("unreadable, and taken together with the end of another job - that one ends well, too", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker({ options: { concurrency: 1 } })
    const ids = Array.from({ length: 20 }, (_, at) => `job-${at}`)
    await Promise.all(ids.map((id, at) => put(fleet, id, at % 2 ? { opts: "{nope" } : {})))
    for (const [at, id] of ids.entries()) expect(await outcomeOf(fleet, id)).toBe(at % 2 ? "failed" : "completed")
    expect(await fleet.deadLetters.count()).toBe(10)
    await eventually(() => fleet.ended.length === 20)
    expect(fleet.ended.filter(({ outcome }) => outcome === "completed")).toHaveLength(10)
  })

  it("whose counter of stalls is no number, and whose worker dies - is taken again", async () => {
    await using fleet = await TestFleet.open()
    const queue = fleet.queues.keyOf("interactive")
    await put(fleet, "bad", { stc: "abc" })
    await put(fleet, "other")
    // As a worker leaves them that died: active, without a lock.
    for (const id of ["bad", "other"]) {
      await fleet.redis.lrem(`${queue}:wait`, 0, id)
      await fleet.redis.lpush(`${queue}:active`, id)
      await fleet.redis.sadd(`${queue}:stalled`, id)
    }
    await fleet.worker()
    expect([await outcomeOf(fleet, "bad"), await outcomeOf(fleet, "other")]).toEqual(["completed", "completed"])
  })
})
