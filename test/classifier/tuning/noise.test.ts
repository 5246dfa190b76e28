import { describe, expect, it } from "vitest"
import type { Tuning } from "../../../src/classifier/plan/tuning.ts"
import { measure } from "../../../src/classifier/tuning/measure.ts"
import { SeededRandom } from "../../chaos/seeded-random.ts"
import { deviceOf } from "./fake-device.ts"

/** The machine's noise changes within a micro-batch. */
const partTokens = 128
const budgets = [128, 256, 512, 1024, 2048, 4096]

/** True speeds of the budgets, as multiples of the default's. */
const devices = {
  "a CPU": [0.81, 0.97, 1, 0.99, 0.84, 0.65],
  "a device that likes only its default": [0.7, 0.8, 1, 0.8, 0.7, 0.6],
  "a device on which all others are a little slower": [0.98, 0.98, 1, 0.98, 0.98, 0.98],
  "a device that likes 1,024 tokens": [0.6, 0.8, 1, 1.4, 0.9, 0.8],
} as const

/** What is left of a device's speed at a time, in ms. */
type Noise = (random: SeededRandom) => (atMs: number) => number

/** A normally distributed number, of mean 0 and deviation 1, by Box and Muller's transform. */
const normal = (random: SeededRandom) =>
  Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())

const even =
  (spread: number): Noise =>
  random =>
  () =>
    Math.exp(spread * normal(random))

/** Another process takes most of the machine, again and again, for up to so long. */
const bursts =
  (longestMs: number): Noise =>
  random => {
    let untilMs = 0
    let share = 1
    return atMs => {
      for (; atMs >= untilMs; untilMs += random.between(0, longestMs)) share = random.next() < 0.5 ? 1 : random.next()
      return share * Math.exp(0.05 * normal(random))
    }
  }

/** The machine gets slower and faster, as others come and go and as it heats up and cools down. */
const drift: Noise = random => {
  const periodMs = random.between(500, 60_000)
  return atMs => Math.exp(0.8 * Math.sin((atMs / periodMs) * 2 * Math.PI) + 0.1 * normal(random))
}

/** Another process works in a rhythm, which may be that of the samples. */
const rhythm: Noise = random => {
  const periodMs = random.between(100, 1000)
  return atMs => (atMs % periodMs < periodMs / 2 ? 0.4 : 1) * Math.exp(0.02 * normal(random))
}

const noises: Readonly<Record<string, Noise>> = {
  "some noise": even(0.1),
  "much noise": even(0.3),
  "almost only noise": even(1),
  "bursts of 100 ms": bursts(100),
  "bursts of 3 s": bursts(3000),
  "bursts of 20 s": bursts(20_000),
  "a drift": drift,
  "a rhythm": rhythm,
}

async function tuned(gains: readonly number[], noise: Noise, seed: number): Promise<Tuning | undefined> {
  const left = noise(new SeededRandom(seed))
  let nowMs = 0
  const device = deviceOf(tokens => {
    const startMs = nowMs
    const msOfPart = 1000 / ((20_000 * (gains[budgets.indexOf(tokens)] ?? 0)) / partTokens)
    for (let part = 0; part < tokens / partTokens; part++) nowMs += msOfPart / left(nowMs)
    return (tokens / (nowMs - startMs)) * 1000
  })
  const orders = new SeededRandom(~seed)
  const defaults = { budgets, defaultTokens: 512, maxTokens: 512, fewerChildren: [], limitMs: 600_000 }
  return measure({ ...defaults, devices: [device], random: () => orders.next() })
}

const gainOf = (gains: readonly number[], tuning: Tuning | undefined) =>
  gains[budgets.indexOf(tuning?.maxBatchTokens ?? 0)] ?? 0

describe("measure on a noisy machine", () => {
  const seeds = Array.from({ length: 25 }, (_, seed) => seed)
  const cases = Object.entries(devices).flatMap(([name, gains]) =>
    Object.entries(noises).map(([noise, left]) => [name, noise, gains, left] as const),
  )

  it.each(cases)("%s, %s - never a setting that is slower than the default", async (_name, _noise, gains, noise) => {
    for (const seed of seeds) {
      const tuning = await tuned(gains, noise, seed)
      expect(gainOf(gains, tuning), `seed ${seed}: ${JSON.stringify(tuning)}`).toBeGreaterThanOrEqual(1)
    }
  })

  it.each(["some noise", "much noise"])("a setting that is much faster, %s - is found", async name => {
    const gains = devices["a device that likes 1,024 tokens"]
    for (const seed of seeds) expect(gainOf(gains, await tuned(gains, noises[name] as Noise, seed))).toBe(1.4)
  })
})
