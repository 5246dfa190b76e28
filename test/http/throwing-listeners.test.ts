import { expect, inject, it } from "vitest"
import { TestFleet } from "../queue/test-fleet.ts"
import { playFuzz } from "./play-fuzz.ts"

it("each listener and timer of the server throws once - the process goes on, and is ready afterwards", async () => {
  await using fleet = await TestFleet.open()
  const { problems, answers, thrownIn } = await playFuzz({
    requests: 300,
    seed: 11,
    redis: inject("redisUrl"),
    keyPrefix: fleet.keyPrefix,
    preload: new URL("throwing-listeners.mjs", import.meta.url).href,
  })
  // A request whose own listener threw may be left without an answer, whichever that is; no other.
  const unanswered = problems.filter(problem => problem.includes("must be answered"))
  expect(unanswered.length).toBeLessThan(thrownIn.length)
  expect(problems.filter(problem => !unanswered.includes(problem))).toEqual([])
  expect(answers[200]).toBeGreaterThan(10)
  expect(thrownIn.length).toBeGreaterThan(15)
})
