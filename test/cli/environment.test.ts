import { Command } from "commander"
import { describe, expect, inject, it } from "vitest"
import { addFlags } from "../../src/cli/declared-options.ts"
import { dropEmptyVariables, unknownVariables } from "../../src/cli/environment.ts"
import { redisOptions } from "../../src/queue/redis/redis-options.ts"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { TestFleet } from "../queue/test-fleet.ts"
import { runValence, runValenceIn } from "./run-valence.ts"

const program = new Command("valence")
addFlags(program.command("queue").command("status"), redisOptions)

describe("unknownVariables()", () => {
  it.each([
    ["VALENCE_REDDIS", "no command reads the variable VALENCE_REDDIS; did you mean VALENCE_REDIS?"],
    [
      "VALENCE_NODEL",
      "no command reads the variable VALENCE_NODEL; docs/reference/options.md lists those that are read",
    ],
  ])("%s - %s", (name, warning) => {
    expect(unknownVariables(program, { [name]: "x" })).toEqual([warning])
  })

  it.each([
    ["VALENCE_REDIS", "redis://queue"],
    ["VALENCE_CACHE", "/cache"],
    ["VALENCE_GRAFANA_PORT", "3000"],
    // A service of Kubernetes that is called valence-serve.
    ["VALENCE_SERVE_SERVICE_HOST", "10.0.0.1"],
    ["VALENCE_SERVE_SERVICE_PORT_HTTP", "8080"],
    ["VALENCE_SERVE_PORT", "tcp://10.0.0.1:8080"],
    ["VALENCE_SERVE_PORT_8080_TCP_ADDR", "10.0.0.1"],
    ["PATH", "/bin"],
  ])("%s=%s - no warning", (name, value) => {
    expect(unknownVariables(program, { [name]: value })).toEqual([])
  })
})

it("dropEmptyVariables() - an empty variable is one that is not set", () => {
  const env = { VALENCE_REDIS: "", VALENCE_MODEL: "afinn-111", OTHER: "" }
  dropEmptyVariables(env)
  expect(env).toEqual({ VALENCE_MODEL: "afinn-111", OTHER: "" })
})

describe("valence", () => {
  it("a misspelt variable - one warning, and the command runs", async () => {
    const env = { VALENCE_MODLE: "afinn-111" }
    const { code, stderr } = await runValenceIn(env, "/tmp", "classify", "good", "--model", "afinn-111")
    expect(code).toBe(0)
    expect(stderr).toBe("warning: no command reads the variable VALENCE_MODLE; did you mean VALENCE_MODEL?\n")
  })
})

describe("valence label --fleet", () => {
  it("labels through the Redis of VALENCE_REDIS", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    using folder = new TemporaryFolder()
    folder.write("in.csv", "text\ngood\n")
    const env = { VALENCE_REDIS: inject("redisUrl"), VALENCE_KEY_PREFIX: fleet.keyPrefix }
    const { code, stderr } = await runValenceIn(env, folder.path, "label", "in.csv", "--fleet")
    expect(stderr).toContain("1 row")
    expect(code).toBe(0)
  })

  it.each([
    [["--fleet"], "--fleet needs the URL of a Redis in the variable VALENCE_REDIS"],
    [["--fleet", "--redis", "redis://a"], "--fleet and --redis must not be given together"],
  ])("%j - is refused: %s", async (flags, message) => {
    const { code, stderr } = await runValence("/tmp", "label", "in.csv", ...flags)
    expect(code).toBe(2)
    expect(stderr).toContain(message)
  })
})
