import type { Complete } from "../../declaration.ts"
import type { classifierOptions } from "../../options.ts"
import type { BatchLimits } from "./batch-limits.ts"
import { DeviceShapes } from "./device-shapes.ts"
import type { NamedDevice } from "./read-devices.ts"
import type { Tuning } from "./tuning.ts"

/** Texts in a micro-batch of a device whose token budget is small. */
const fewTexts = 64
/** Tokens of a text, if texts are short: a large token budget should not be left empty for the number of its texts. */
const shortTextTokens = 32

type Chosen = Pick<Complete<typeof classifierOptions>, "maxBatchTokens" | "maxBatchTexts">

/** Texts that a micro-batch of this many tokens may have. */
export function maxTextsFor(maxBatchTokens: number): number {
  return Math.max(fewTexts, Math.ceil(maxBatchTokens / shortTextTokens))
}

/** How large a device's micro-batches are: as chosen by the caller, as measured, or as suits its kind. */
export function limitsOf({ provider }: NamedDevice, chosen: Chosen, tuning: Tuning | undefined): BatchLimits {
  const maxBatchTokens = chosen.maxBatchTokens ?? tuning?.maxBatchTokens ?? provider.maxBatchTokens
  return { maxBatchTokens, maxBatchTexts: chosen.maxBatchTexts ?? maxTextsFor(maxBatchTokens) }
}

/** How many children compute on a device: as chosen by the caller, as measured, or as many as possible. */
export function childrenOf({ children, childrenGiven }: NamedDevice, tuning: Tuning | undefined): number {
  return childrenGiven || tuning === undefined ? children : Math.min(children, tuning.children)
}

/** With more, threads wait for one another for longer than a short text gives each to do. Not measured: that takes as many cores. */
const mostThreads = 8

/** Threads for a micro-batch that has a device to itself: as many as it may have children, one where these are no cores. */
export function threadsOf({ provider, children }: NamedDevice): number {
  return provider.number === "children" ? Math.min(children, mostThreads) : 1
}

/** The shapes that a device's micro-batches are padded to; `undefined` for CPUs, which take any. */
export function shapesOf(
  { provider: { shapeSteps } }: NamedDevice,
  limits: BatchLimits,
  maxTokens: number,
): DeviceShapes | undefined {
  return shapeSteps && new DeviceShapes(shapeSteps, limits, maxTokens)
}
