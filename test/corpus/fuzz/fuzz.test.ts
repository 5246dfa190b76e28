import { expect, it } from "vitest"
import { playFileFuzz } from "./play-fuzz.ts"

it("files that were changed - each row is labelled, listed or empty, or the run is refused", async () => {
  const { problems, ends } = await playFileFuzz({ mutations: 200, seed: 5 })
  expect(problems).toEqual([])
  for (const runs of Object.values(ends)) expect(runs).toBeGreaterThan(5)
})
