import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { listCommit } from "../../src/hub/list-commit.ts"
import { openHub } from "../../src/hub/open-hub.ts"
import { pullCheckpoint } from "../../src/hub/pull-checkpoint.ts"
import { hubSource } from "../../src/hub/sources.ts"
import { findCached } from "../../src/store/cache.ts"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { TestHub, tinyFiles } from "./test-hub.ts"

const name = { id: "someone/tiny", revision: "main" }

let hub: TestHub
let folder: TemporaryFolder
beforeEach(async () => {
  hub = await TestHub.start()
  hub.put(name.id, tinyFiles())
  folder = new TemporaryFolder()
  vi.stubEnv("VALENCE_CACHE", folder.at("cache"))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await hub[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

/** Pulls, and gives how long it waited after each failure. */
async function pull(endpoint = hub.url) {
  const waitsMs: number[] = []
  const opened = openHub(
    { endpoint, token: undefined },
    { backoffMs: 1, onFailure: (_, waitMs) => waitsMs.push(waitMs), signal: undefined },
  )
  const error = await listCommit(name, opened)
    .then(commit => pullCheckpoint(name, commit, hubSource(name, opened), "auto", () => {}))
    .then(
      () => undefined,
      (error: unknown) => error,
    )
  await opened.close()
  return { waitsMs, error }
}

/** What was asked of the hub, but for its store: `revision`, `tree`, or a file. */
const asked = () => hub.asked.filter(({ host }) => host === "hub").map(({ path }) => path.split("/").at(-2))

describe("pullCheckpoint, a hub that fails", () => {
  it.each([
    ["HTTP 500", 500],
    ["HTTP 503", 503],
    ["HTTP 429", 429],
    ["a connection that breaks", 0],
  ])("%s before anything is known - asks again, later and later", async (_, status) => {
    hub.status = status
    hub.statusTimes = 4
    expect(await pull()).toEqual({ waitsMs: [1, 2, 4, 8], error: undefined })
    expect(await findCached(name)).toBeDefined()
  })

  it("a listing that fails - begins with the commit again", async () => {
    hub.onAsked = path => {
      if (path.includes("/tree/") && hub.asked.length === 2) hub.status = 502
    }
    hub.statusTimes = 1
    expect(await pull()).toMatchObject({ waitsMs: [1], error: undefined })
    expect(asked().slice(0, 4)).toEqual(["revision", "tree", "revision", "tree"])
  })

  it.each([
    [500, /model someone\/tiny could not be pulled from http.*HTTP 500/],
    [429, /asks for fewer requests/],
    [0, /could not be pulled from http.*: other side closed/],
  ])("HTTP %s for ever - hub_failed after five times", async (status, message) => {
    hub.status = status
    const { waitsMs, error } = await pull()
    expect(error).toMatchObject({ code: "hub_failed", message: expect.stringMatching(message) })
    expect(waitsMs).toEqual([1, 2, 4, 8])
    expect(hub.asked).toHaveLength(5)
  })

  it("nobody at the endpoint - hub_failed, with the reason", async () => {
    const gone = await TestHub.start()
    const { url: endpoint } = gone
    await gone[Symbol.asyncDispose]()
    const message = expect.stringContaining(`could not be pulled from ${endpoint}: connect ECONNREFUSED`)
    expect((await pull(endpoint)).error).toMatchObject({ code: "hub_failed", message })
  })

  it.each([401, 403, 404])("HTTP %s - is not asked again", async status => {
    hub.status = status
    expect((await pull()).waitsMs).toEqual([])
    expect(hub.asked).toHaveLength(1)
  })
})
