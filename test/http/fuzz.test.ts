import { expect, inject, it } from "vitest"
import { TestFleet } from "../queue/test-fleet.ts"
import { playFuzz } from "./play-fuzz.ts"

it("requests of all kinds - are answered as documented, and leave nothing behind", async () => {
  // Its keys are gone when it is disposed.
  await using fleet = await TestFleet.open()
  const { problems, answers } = await playFuzz({
    requests: 200,
    seed: 7,
    redis: inject("redisUrl"),
    keyPrefix: fleet.keyPrefix,
  })
  expect(problems).toEqual([])
  expect(answers[200]).toBeGreaterThan(10)
})
