import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { expect, it } from "vitest"
import { eventually } from "../eventually.ts"
import { findPython } from "./find-python.ts"
import { TestFleet } from "./test-fleet.ts"

const python = findPython()

it.skipIf(python === undefined)("examples/python adds a job by Python's bullmq, and reads its result", async () => {
  await using fleet = await TestFleet.open()
  await fleet.worker()
  const words = ["examples/python/label_through_queue.py", fleet.url, "ab", "naïve \u{1f642}!"]
  const env = { ...process.env, VALENCE_KEY_PREFIX: fleet.keyPrefix }
  const { stdout } = await promisify(execFile)(python as string, words, { env })
  const lines = stdout.trim().split("\n")
  expect(lines.map(line => JSON.parse(line))).toMatchObject([
    { text: "ab", label: "POSITIVE", score: 0.52 },
    { text: "naïve \u{1f642}!", label: "NEGATIVE" },
  ])
  await eventually(() => fleet.ended.length >= 1)
  expect(fleet.ended).toMatchObject([{ lane: "interactive", outcome: "completed", texts: 2 }])
})
