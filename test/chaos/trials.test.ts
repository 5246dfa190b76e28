import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { findRedisBinary } from "../redis/find-redis-binary.ts"
import type { DisasterKind } from "./disasters.ts"
import { corpusFor, openStage, playInTime } from "./play-trials.ts"
import type { Stage } from "./stage.ts"
import { stopWorkers } from "./trial.ts"

/** Trials of a kind, by their seeds. */
interface Trials {
  readonly kind: DisasterKind
  readonly seeds: readonly number[]
}

/** Kinds that play on the same stage: workers take long to start. */
const stages: readonly { readonly first: DisasterKind; readonly rows: number; readonly kinds: readonly Trials[] }[] = [
  {
    first: "worker",
    rows: 800,
    kinds: [
      { kind: "worker", seeds: [1] },
      { kind: "producer", seeds: [1, 2] },
      { kind: "redis", seeds: [1, 2] },
      { kind: "frozen", seeds: [1] },
      { kind: "drain", seeds: [1] },
    ],
  },
  { first: "link", rows: 800, kinds: [{ kind: "link", seeds: [1016] }] },
  { first: "device", rows: 300, kinds: [{ kind: "device", seeds: [1] }] },
]

describe.skipIf(!findRedisBinary()).each(stages)("valence label --redis", ({ first, rows, kinds }) => {
  let stage: Stage

  beforeAll(async () => {
    stage = await openStage(first, await corpusFor(first, rows), 1)
  })

  afterAll(() => stage[Symbol.asyncDispose]())

  it.each(kinds)("$kind - has every row once, in order", async ({ kind, seeds }) => {
    for (const seed of seeds) {
      const { problems, log } = await playInTime(kind, seed, stage)
      expect(problems, log).toEqual([])
    }
  })

  it("workers that lived through it stop when they are asked to", async () => {
    expect(await stopWorkers(stage)).toEqual([])
  })
})
