import { ValenceError } from "../../errors.ts"

/** How the int8 graph quantises one value that linear layers read. */
export interface ActivationRange {
  /** The range that uint8 codes cover, after smoothing. */
  readonly low: number
  readonly high: number
  /** Divides each channel before it is quantised; the weights' rows are multiplied by it. */
  readonly smoothing?: readonly number[]
}

/** What an int8 graph takes from calibration. */
export interface Scales {
  /** By the name of the value that a linear layer reads. */
  readonly activations: Readonly<Record<string, ActivationRange>>
  /** By the name of a linear layer: what is added to its bias, one number an output. */
  readonly biasCorrections: Readonly<Record<string, readonly number[]>>
  /** By the name of a value: from which of its channels each comes, see `arrangeChannels`. */
  readonly channels: Readonly<Record<string, readonly number[]>>
}

/** A number as the scales file keeps it: five significant digits, far finer than the eight bits that it scales. */
export function roundScale(value: number): number {
  return Number(value.toPrecision(5))
}

/** The text of a scales file: JSON with a line for each value and each layer. */
export function writeScales({ activations, biasCorrections, channels }: Scales): string {
  const lines = (entries: object) =>
    Object.entries(entries)
      .map(([name, entry]) => `  ${JSON.stringify(name)}: ${JSON.stringify(entry)}`)
      .join(",\n")
  return `{\n "activations": {\n${lines(activations)}\n },\n "biasCorrections": {\n${lines(biasCorrections)}\n },\n "channels": {\n${lines(channels)}\n }\n}\n`
}

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every(number => Number.isFinite(number))

function isRange(value: unknown): value is ActivationRange {
  const { low, high, smoothing } = (value ?? {}) as Record<string, unknown>
  return (
    isNumbers([low, high]) &&
    (smoothing === undefined || (isNumbers(smoothing) && smoothing.every(factor => factor > 0)))
  )
}

/**
 * The scales that `writeScales` wrote.
 *
 * @param file - the name, for errors
 * @throws ValenceError `model_invalid`
 */
export function readScales(json: string, file: string): Scales {
  const scales = parse(json)
  const { activations, biasCorrections, channels } = scales ?? {}
  if (!activations || !Object.values(activations).every(isRange))
    throw new ValenceError("model_invalid", `${file} must hold activations: a low and a high for each value`)
  if (!biasCorrections || !Object.values(biasCorrections).every(isNumbers))
    throw new ValenceError("model_invalid", `${file} must hold biasCorrections: a list of numbers for each layer`)
  if (!channels || !Object.values(channels).every(isNumbers))
    throw new ValenceError("model_invalid", `${file} must hold channels: a list of channels for each arranged value`)
  return { activations, biasCorrections, channels }
}

function parse(json: string): Partial<Scales> | undefined {
  try {
    return JSON.parse(json) as Partial<Scales>
  } catch {
    return undefined
  }
}
