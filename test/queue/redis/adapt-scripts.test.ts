import { readdirSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { adaptScript } from "../../../src/queue/redis/adapt-scripts.ts"

const folder = "node_modules/bullmq/dist/esm/scripts"

/** A script as this version of BullMQ has it. */
function scriptOf(name: string): string {
  const file = readdirSync(folder).find(file => file.startsWith(`${name}-`) && file.endsWith(".js"))
  return readFileSync(`${folder}/${file}`, "utf8")
}

describe("adaptScript", () => {
  it.each(["moveToActive", "moveToFinished", "moveToDelayed", "retryJob", "moveStalledJobsToWait"])(
    "%s - takes the time from Redis, and mends counters",
    name => {
      const adapted = adaptScript(name, scriptOf(name))
      expect(adapted).toMatch(/redis\.call\('TIME'\)[\s\S]*ARGV\[[23]\] = valenceNow/)
      expect(adapted).not.toContain("local rcall = redis.call\n")
      expect(adapted).toContain("local rcall = function(command, ...)")
    },
  )

  it.each(["addStandardJob", "addPrioritizedJob", "addDelayedJob"])("%s - takes the time from Redis", name => {
    expect(adaptScript(name, scriptOf(name))).toContain("local timestamp = opts['timestamp'] or valenceNow")
  })

  it("any other script - stays as it is", () => {
    expect(adaptScript("pause", scriptOf("pause"))).toBe(scriptOf("pause"))
  })
})
