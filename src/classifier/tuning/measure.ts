import { padded } from "../../model/micro-batch.ts"
import { sum } from "../../sum.ts"
import type { Device } from "../device.ts"
import { choosePoint, type Tuning, type TuningPoint } from "./tuning.ts"

/** What is measured, and for how long. */
export interface MeasureRequest {
  /** The children of one device, idle. */
  readonly devices: readonly Device[]
  /** Token budgets, growing. */
  readonly budgets: readonly number[]
  /** Smaller numbers of children that may do. */
  readonly fewerChildren: readonly number[]
  /** The budget that goes without measuring. */
  readonly defaultTokens: number
  /** Tokens that a text may have. */
  readonly maxTokens: number
  /** No measurement begins later than so long after the first. */
  readonly limitMs: number
}

/** Lengths of the texts that are computed: a short one, and one of a few sentences. */
const lengths = [32, 128]

/** What a child computes, tokens a second; `undefined` where it could not. */
async function speedOfChild(device: Device, budget: number, maxTokens: number): Promise<number | undefined> {
  let tokens = 0
  let runMs = 0
  for (const length of lengths) {
    const longest = Math.min(length, maxTokens)
    const rows = Math.max(1, Math.floor(budget / longest))
    const ran = await device.run(padded(Array<Int32Array>(rows).fill(new Int32Array(longest)), 0), false)
    if (ran.error) return undefined
    tokens += rows * longest
    runMs += ran.runMs
  }
  return (tokens / Math.max(runMs, 0.01)) * 1000
}

/** What some children compute together, tokens a second: at the same time, as they share cores, caches and memory. */
async function speedOf(devices: readonly Device[], budget: number, maxTokens: number): Promise<number | undefined> {
  const speeds = await Promise.all(devices.map(device => speedOfChild(device, budget, maxTokens)))
  const known = speeds.filter(speed => speed !== undefined)
  return known.length === speeds.length ? Math.round(sum(known)) : undefined
}

/** Tokens a second by token budget, in rounds until the time is over, of each its best round. */
async function measureBudgets(request: MeasureRequest): Promise<Map<number, number>> {
  const { devices, maxTokens, limitMs } = request
  const untilMs = performance.now() + limitMs
  const best = new Map<number, number>()
  let { budgets } = request
  do {
    for (const budget of budgets) {
      const speed = await speedOf(devices, budget, maxTokens)
      // What a device has no memory for, larger budgets will not get either.
      if (speed === undefined) budgets = budgets.filter(smaller => smaller < budget)
      else best.set(budget, Math.max(speed, best.get(budget) ?? 0))
      if (speed === undefined || performance.now() > untilMs) break
    }
  } while (performance.now() <= untilMs && budgets.length > 0)
  return best
}

/**
 * Measures with all children which token budget suits a device, and then whether fewer of them would do better with it.
 *
 * @returns `undefined` where nothing could be measured
 */
export async function measure(request: MeasureRequest): Promise<Tuning | undefined> {
  const { devices, defaultTokens, maxTokens, fewerChildren } = request
  const all = devices.length
  const byBudget = [...(await measureBudgets(request))]
  const curve: TuningPoint[] = byBudget.map(([maxBatchTokens, tokensPerSecond]) => ({
    children: all,
    maxBatchTokens,
    tokensPerSecond,
  }))
  let chosen = choosePoint(curve, point => point.maxBatchTokens === defaultTokens)
  if (chosen === undefined) return undefined
  const { maxBatchTokens } = chosen
  for (const children of fewerChildren) {
    const tokensPerSecond = (await speedOf(devices.slice(0, children), maxBatchTokens, maxTokens)) ?? 0
    const point = { children, maxBatchTokens, tokensPerSecond }
    curve.push(point)
    chosen = choosePoint([chosen, point], one => one !== point) ?? chosen
  }
  return { ...chosen, curve, measuredAt: new Date().toISOString() }
}
