import { ReplyError } from "ioredis"
import { describe, expect, it } from "vitest"
import { describeTrouble, isCutOff, isDemoted, refusalOf } from "../../../src/queue/redis/refusal.ts"

const replied = (message: string): Error => new (ReplyError as unknown as new (message: string) => Error)(message)
const script = " script: 5ab432e88830d573e2fa33392ffbd02ba26b1a0a, on @user_script:88."

describe("refusalOf()", () => {
  it.each([
    ["READONLY You can't write against a read only replica.", true],
    ["OOM command not allowed when used memory > 'maxmemory'.", true],
    ["MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.", true],
    ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", true],
    ["CLUSTERDOWN The cluster is down", true],
    ["LOADING Redis is loading the dataset in memory", true],
    ["NOREPLICAS Not enough good replicas to write.", true],
    ["ERR max number of clients reached", true],
    ["NOPERM this user has no permissions to run the 'evalsha' command", false],
    ["WRONGPASS invalid username-password pair or user is disabled.", false],
    ["ERR unknown command 'eval', with args beginning with: ", false],
  ])("%s - passes by itself: %s", (message, passes) => {
    const [code] = message.split(" ")
    expect(refusalOf(replied(message))).toEqual({ code, reason: message.replace(/\.$/, ""), passes })
  })

  it("of a script - is without the script", () => {
    expect(refusalOf(replied(`OOM command not allowed when used memory > 'maxmemory'.${script}`))?.reason).toBe(
      "OOM command not allowed when used memory > 'maxmemory'",
    )
  })

  it("of a transaction - is that of its command", () => {
    const aborted = replied("EXECABORT Transaction discarded because of previous errors.")
    Object.assign(aborted, { previousErrors: [replied("OOM command not allowed")] })
    expect(refusalOf(aborted)?.code).toBe("OOM")
  })

  it.each([new Error("Connection is closed."), new TypeError("x"), "OOM", undefined])("%s - is none", error => {
    expect(refusalOf(error)).toBeUndefined()
  })
})

it.each([
  ["READONLY You can't write against a read only replica.", true],
  ["MASTERDOWN Link with MASTER is down", true],
  ["OOM command not allowed when used memory > 'maxmemory'.", false],
])("isDemoted(%s) - %s", (message, demoted) => {
  expect(isDemoted(replied(message))).toBe(demoted)
})

it.each([
  ["Error", "Connection is closed.", true],
  ["AbortError", "Command aborted due to connection close", true],
  ["Error", "Too many Cluster redirections. Last error: Error: Connection is closed.", true],
  ["ClusterAllFailedError", "Failed to refresh slots cache.", true],
  ["ReplyError", "READONLY You can't write against a read only replica.", false],
  ["Error", "Missing lock for job 1. moveToFinished", false],
])("isCutOff(%s: %s) - %s", (name, message, cutOff) => {
  expect(isCutOff(Object.assign(new Error(message), { name }))).toBe(cutOff)
})

it("describeTrouble() - one line", () => {
  const full = replied(`OOM command not allowed when used memory > 'maxmemory'.${script}`)
  expect([
    describeTrouble({ refuses: false, error: undefined }),
    describeTrouble({ refuses: false, error: new Error("connect ECONNREFUSED 127.0.0.1:6379") }),
    describeTrouble({ refuses: true, error: full }),
  ]).toEqual([
    "redis is away",
    "redis is away: connect ECONNREFUSED 127.0.0.1:6379",
    "redis refuses jobs: OOM command not allowed when used memory > 'maxmemory'",
  ])
})
