import { describe, expect, it } from "vitest"
import { findRedisBinary } from "../redis/find-redis-binary.ts"
import { playLong } from "./long-job.ts"
import { playAway } from "./redis-away.ts"

describe.skipIf(!findRedisBinary())("valence work", () => {
  it("a job that takes longer than three locks last - is done once, and never stalled", async () => {
    const { problems } = await playLong({ labelMs: 13_000, lockMs: 4000, stalledCheckMs: 100 })
    expect(problems).toEqual([])
  })

  it("a Redis that is away for 3 s - says so once, says that it is back once, loses nothing", async () => {
    const { problems, log } = await playAway(3000)
    expect(problems, log).toEqual([])
  })
})
