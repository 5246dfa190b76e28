import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { queryProblems } from "./query-problems.ts"

const folder = "deploy/prometheus"
const rules = readFileSync(`${folder}/alerts.yml`, "utf8")
const alerts = [...new Set([...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name ?? ""))]

/** Of Debian's package `prometheus`, among others; what it checks here, it alone can. */
const promtool = spawnSync("promtool", ["--version"]).status === 0

describe("the alerts", () => {
  const ruleTexts = rules.split("- alert: ").slice(1)
  it.each(ruleTexts.map(rule => [rule.split("\n")[0], rule]))("%s - asks for what workers tell", (_name, rule) => {
    expect(queryProblems(rule)).toEqual([])
  })

  it.each(alerts)("%s - has a test in alerts.test.yml that fires it", alert => {
    const tests = readFileSync(`${folder}/alerts.test.yml`, "utf8")
    expect(tests).toMatch(new RegExp(`alertname: ${alert}\\n\\s+exp_alerts:\\n`))
  })

  it.skipIf(!promtool).each([
    ["check", "config", `${folder}/prometheus.yml`],
    ["test", "rules", `${folder}/alerts.test.yml`],
  ])("promtool %s %s %s", (...args) => {
    const { status, stdout, stderr } = spawnSync("promtool", args, { encoding: "utf8" })
    expect({ status, output: stdout + stderr }).toMatchObject({ status: 0 })
  })
})
