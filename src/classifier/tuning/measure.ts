import {
  clearlyFaster,
  median,
  type Setting,
  type Tuning,
  type TuningPoint,
  type TuningVerdict,
} from "../plan/tuning.ts"
import { type Sampled, type TuningSample, takeSample } from "./sample.ts"

/** What is measured, and for how long. */
export interface MeasureRequest extends Sampled {
  /** Token budgets to try. */
  readonly budgets: readonly number[]
  /** Smaller numbers of children to try. */
  readonly fewerChildren: readonly number[]
  /** The budget that is used without measuring. */
  readonly defaultTokens: number
  /** After this time no sample begins, except for the default's first. */
  readonly limitMs: number
  /** A number in [0, 1): of each two samples it says which comes first. */
  readonly random: () => number
}

/** Rounds that choose which settings are worth comparing with the default thoroughly. */
const firstRounds = 3
/** A sample's least time, ms, if the limit leaves room for some hundreds of them. */
const longestSampleMs = 100

const margin = 1 + clearlyFaster.percent / 100

/** A setting and the default, compared. */
interface Candidate {
  readonly setting: Setting
  /** Its speed over the default's, one a round. */
  readonly gains: number[]
  /** How long its shortest sample takes; 0 until it is known. */
  leastMs: number
  verdict: TuningVerdict | undefined
}

const gainOf = ({ gains }: Candidate) => median(gains)

/** One measurement of a device: all settings in a few rounds, then the promising ones against the default, in many. */
class Measurement {
  readonly #request: MeasureRequest
  readonly #sampleMs: number
  #untilMs: number
  /** The smallest budget that a device has no memory for: it has none for larger ones either. */
  #tooLarge = Infinity
  readonly #usual: Setting
  readonly #usualSpeeds: number[] = []
  #usualLeastMs = 0
  #candidates: Candidate[] = []

  constructor(request: MeasureRequest, usual: Setting) {
    this.#request = request
    this.#usual = usual
    this.#sampleMs = Math.min(longestSampleMs, request.limitMs / 200)
    this.#untilMs = performance.now() + request.limitMs
  }

  get #isOver(): boolean {
    return performance.now() > this.#untilMs
  }

  async #sampleUsual(sampleMs: number): Promise<number | undefined> {
    const sample = await this.#sample(this.#usual, sampleMs)
    if (sample === undefined) return undefined
    this.#usualSpeeds.push(sample.tokensPerSecond)
    this.#usualLeastMs = sample.leastMs
    return sample.tokensPerSecond
  }

  async #sampleCandidate(candidate: Candidate, sampleMs: number): Promise<number | undefined> {
    const sample = await this.#sample(candidate.setting, sampleMs)
    if (sample === undefined) return undefined
    candidate.leastMs = sample.leastMs
    return sample.tokensPerSecond
  }

  async #sample(setting: Setting, sampleMs: number): Promise<TuningSample | undefined> {
    const sample = await takeSample(this.#request, setting, sampleMs)
    if (sample === undefined) this.#tooLarge = Math.min(this.#tooLarge, setting.maxBatchTokens)
    return sample
  }

  /**
   * Speed of a candidate over the default's, one sampled right after the other, and both for the same time: on a machine that is
   * sometimes busy, short samples are often all good or all bad, and long ones seldom. Their order is random, so that no rhythm of
   * the machine's other work favours one of them: a candidate that is no faster has an even chance at most.
   *
   * @returns `undefined` if one of them could not run
   */
  async #compare(candidate: Candidate): Promise<number | undefined> {
    const usualFirst = this.#request.random() < 0.5
    const sampleMs = Math.max(this.#sampleMs, this.#usualLeastMs, candidate.leastMs)
    const before = usualFirst ? await this.#sampleUsual(sampleMs) : undefined
    const speed = await this.#sampleCandidate(candidate, sampleMs)
    if (speed === undefined) return undefined
    const usualSpeed = before ?? (await this.#sampleUsual(Math.max(sampleMs, candidate.leastMs)))
    return usualSpeed && speed / usualSpeed
  }

  /** Compares each candidate that was not in a few rounds, until a time: gains to choose by. */
  async #compareAll(untilMs: number): Promise<void> {
    for (const candidate of this.#candidates)
      while (candidate.gains.length < firstRounds) {
        if (performance.now() > untilMs) return
        if (candidate.setting.maxBatchTokens >= this.#tooLarge) break
        const gain = await this.#compare(candidate)
        if (gain === undefined) break
        candidate.gains.push(gain)
      }
  }

  /** Compares one candidate with the default, until it loses a round, won enough of them, or the time is over. */
  async #challenge(candidate: Candidate): Promise<TuningVerdict> {
    for (let round = 0; round < clearlyFaster.rounds; round++) {
      if (this.#isOver) return "unfinished"
      const gain = await this.#compare(candidate)
      if (gain === undefined) return "unsteady"
      candidate.gains.push(gain)
      if (gain <= 1) return "unsteady"
    }
    return gainOf(candidate) > margin ? "faster" : "rejected"
  }

  /** Challenges the default with each candidate that may be better than the best so far, the most promising first. */
  async #chooseBest(): Promise<Candidate | undefined> {
    for (;;) {
      const faster = this.#candidates.filter(({ verdict }) => verdict === "faster")
      const [best] = faster.sort((a, b) => gainOf(b) - gainOf(a))
      const least = best ? gainOf(best) : margin
      const open = this.#candidates.filter(one => one.verdict === undefined && gainOf(one) > least)
      const [next] = open.sort((a, b) => gainOf(b) - gainOf(a))
      if (next === undefined) return best
      next.verdict = await this.#challenge(next)
    }
  }

  /** Measures the default alone. @returns whether it could be run */
  async #measureUsual(): Promise<boolean> {
    const startMs = performance.now()
    if ((await this.#sampleUsual(this.#sampleMs)) === undefined) return false
    const leastMs = (performance.now() - startMs) * (firstRounds + clearlyFaster.rounds)
    // A device so slow that no other setting can win in the time is not kept from its work any longer.
    if (leastMs > this.#request.limitMs) this.#untilMs = -Infinity
    // The first run of a session takes memory, and is slow: it counts only if there is no time for another.
    if (!this.#isOver && (await this.#sampleUsual(this.#sampleMs)) !== undefined) this.#usualSpeeds.shift()
    return true
  }

  /** @returns `undefined` if the default cannot be run */
  async run(others: readonly Setting[]): Promise<Tuning | undefined> {
    if (!(await this.#measureUsual())) return undefined
    this.#candidates = others.map(setting => ({ setting, gains: [], leastMs: 0, verdict: undefined }))
    // Half of the time is for challenges; what they leave is for settings that there was no time for before.
    await this.#compareAll((performance.now() + this.#untilMs) / 2)
    await this.#chooseBest()
    await this.#compareAll(this.#untilMs)
    return this.#describe(await this.#chooseBest())
  }

  #describe(best: Candidate | undefined): Tuning {
    const usualSpeed = median(this.#usualSpeeds)
    const pointOf = (candidate: Candidate): TuningPoint => ({
      ...candidate.setting,
      tokensPerSecond: Math.round(usualSpeed * gainOf(candidate)),
      gain: gainOf(candidate),
      verdict: candidate.verdict ?? "rejected",
    })
    const verdict = this.#usual.maxBatchTokens === this.#request.defaultTokens ? "default" : "largest"
    const usual: TuningPoint = { ...this.#usual, tokensPerSecond: Math.round(usualSpeed), gain: 1, verdict }
    const fitting = this.#candidates.filter(({ setting }) => setting.maxBatchTokens < this.#tooLarge)
    const measured = fitting.filter(({ gains }) => gains.length > 0).map(pointOf)
    const { children, maxBatchTokens, tokensPerSecond } = best ? pointOf(best) : usual
    return {
      ...{ children, maxBatchTokens, tokensPerSecond },
      curve: [usual, ...measured].sort(byChildrenAndBudget),
      complete: fitting.every(({ gains, verdict }) => gains.length >= firstRounds && verdict !== "unfinished"),
      measuredAt: new Date().toISOString(),
    }
  }
}

const byChildrenAndBudget = (a: Setting, b: Setting) => b.children - a.children || a.maxBatchTokens - b.maxBatchTokens

/**
 * Measures which token budget suits a device, and whether fewer children would do better. The default is kept unless another
 * setting is faster by the rule of `clearlyFaster`. If the device has no memory for the default, the next smaller budget stands for it.
 *
 * @returns `undefined` if the device could run nothing
 */
export async function measure(request: MeasureRequest): Promise<Tuning | undefined> {
  const { devices, budgets, defaultTokens, fewerChildren } = request
  const children = devices.length
  const distance = (budget: number, from: number) => Math.abs(Math.log(budget / from))
  const smaller = budgets.filter(budget => budget < defaultTokens).sort((a, b) => b - a)
  for (const usualTokens of [defaultTokens, ...smaller]) {
    const fits = (budget: number) => budget !== usualTokens && (usualTokens === defaultTokens || budget < usualTokens)
    // The nearest first: they are the likeliest to suit, if there is no time for all.
    const near = budgets.filter(fits).sort((a, b) => distance(a, usualTokens) - distance(b, usualTokens))
    const tuning = await new Measurement(request, { children, maxBatchTokens: usualTokens }).run([
      ...near.map(maxBatchTokens => ({ children, maxBatchTokens })),
      ...fewerChildren.map(fewer => ({ children: fewer, maxBatchTokens: usualTokens })),
    ])
    if (tuning !== undefined) return tuning
  }
  return undefined
}
