import { padded } from "../../model/micro-batch.ts"
import { sum } from "../../sum.ts"
import type { Device } from "../device.ts"
import { choosePoint, type Measured, median, type Tuning, type TuningPoint } from "./tuning.ts"

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
  /** How many rounds it takes to tell anything: what else the machine does may last for one or two. */
  readonly leastRounds: number
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

interface Setting extends Measured {
  readonly speeds: (number | undefined)[]
}

/** More rounds tell no more. */
const mostRounds = 5

/**
 * Measures settings in rounds, each round all of them, one after the other, until the time is over. The first one is measured
 * once even if there is no time.
 *
 * @returns the smallest budget that a device has no memory for
 */
async function measureRounds(settings: readonly Setting[], request: MeasureRequest): Promise<number> {
  const { devices, maxTokens, limitMs } = request
  const [usual] = settings
  const untilMs = performance.now() + limitMs
  let tooLarge = Infinity
  for (let round = 0; round < mostRounds; round++)
    for (const { children, maxBatchTokens, speeds } of settings) {
      // What a device has no memory for, larger budgets will not get either.
      if (maxBatchTokens >= tooLarge) continue
      if (performance.now() > untilMs && !(round === 0 && speeds === usual?.speeds)) return tooLarge
      const speed = await speedOf(devices.slice(0, children), maxBatchTokens, maxTokens)
      if (speed === undefined) tooLarge = maxBatchTokens
      else speeds[round] = speed
    }
  return tooLarge
}

/**
 * Measures which token budget suits a device, and whether fewer children would do better.
 *
 * @returns the default if the time did not suffice for enough rounds; `undefined` if nothing could be measured
 */
export async function measure(request: MeasureRequest): Promise<Tuning | undefined> {
  const { devices, budgets, defaultTokens, fewerChildren, leastRounds } = request
  const all = devices.length
  const usual: Setting = { children: all, maxBatchTokens: defaultTokens, speeds: [] }
  const others = budgets.filter(budget => budget !== defaultTokens)
  const settings: Setting[] = [
    usual,
    ...others.map(maxBatchTokens => ({ children: all, maxBatchTokens, speeds: [] })),
    ...fewerChildren.map(children => ({ children, maxBatchTokens: defaultTokens, speeds: [] })),
  ]
  const tooLarge = await measureRounds(settings, request)
  const measured = settings.filter(({ maxBatchTokens, speeds }) => {
    return maxBatchTokens < tooLarge && speeds.length >= leastRounds
  })
  if (defaultTokens < tooLarge && !measured.includes(usual)) measured.splice(0, measured.length, usual)
  const chosen = choosePoint(measured, one => one === usual)
  if (chosen === undefined) return undefined
  const curve = measured.map(pointOf).sort((a, b) => b.children - a.children || a.maxBatchTokens - b.maxBatchTokens)
  return { ...pointOf(chosen), curve, measuredAt: new Date().toISOString() }
}

function pointOf({ children, maxBatchTokens, speeds }: Setting): TuningPoint {
  return { children, maxBatchTokens, tokensPerSecond: median(speeds.filter(speed => speed !== undefined)) }
}
