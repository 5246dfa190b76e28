import type { Shape } from "../../model/micro-batch.ts"
import type { BatchLimits } from "./batch-limits.ts"

/** How far apart the shapes of a device's micro-batches are. */
export interface ShapeSteps {
  /** Lengths are multiples of this many tokens. */
  readonly tokens: number
  /** A number of rows is the next larger one divided by this. */
  readonly rowsApart: number
}

/** Lengths from one power of two to the next, if `tokens` of ShapeSteps is not too large for that. */
const lengthsPerOctave = 4
/** A GPU takes as long for fewer tokens, so there are no shapes between this and a text that comes alone. */
const leastTokens = 512

function lengthsUpTo(maxTokens: number, step: number): number[] {
  const lengths: number[] = []
  for (let length = step; length < maxTokens; ) {
    lengths.push(length)
    const octave = 2 ** Math.floor(Math.log2(length / step)) * step
    length += Math.max(step, Math.floor(octave / lengthsPerOctave / step) * step)
  }
  return [...lengths, maxTokens]
}

function rowStepsUpTo(most: number, length: number, apart: number): number[] {
  const steps = [most]
  for (let rows = Math.floor(most / apart); rows > 1 && rows * length >= leastTokens; rows = Math.floor(rows / apart))
    steps.push(rows)
  return most > 1 ? [1, ...steps.reverse()] : steps
}

/**
 * The shapes that micro-batches of a device are padded to: few, because a device prepares kernels or engines and takes memory
 * for each. A length has the rows that fill the token budget, then half of them and so on, and one row.
 */
export class DeviceShapes {
  /** All of them, the one with the most tokens first. */
  readonly all: readonly Shape[]
  readonly #lengths: readonly number[]
  /** Numbers of rows of each length, the smallest first. */
  readonly #rowSteps: readonly (readonly number[])[]
  /** The place in `#lengths` of each number of tokens. */
  readonly #placeOf: Uint16Array

  /** @param maxTokens - of a row */
  constructor({ tokens, rowsApart }: ShapeSteps, { maxBatchTokens, maxBatchTexts }: BatchLimits, maxTokens: number) {
    this.#lengths = lengthsUpTo(maxTokens, tokens)
    this.#rowSteps = this.#lengths.map(length =>
      rowStepsUpTo(Math.max(1, Math.min(maxBatchTexts, Math.floor(maxBatchTokens / length))), length, rowsApart),
    )
    this.#placeOf = Uint16Array.from({ length: maxTokens + 1 }, (_, needed) =>
      this.#lengths.findIndex(length => length >= needed),
    )
    this.all = this.#lengths
      .flatMap((longest, place) => this.#rowSteps[place]?.map(rows => ({ rows, longest })) ?? [])
      .sort((a, b) => b.rows * b.longest - a.rows * a.longest || b.longest - a.longest)
  }

  /** The shape that a micro-batch is padded to; never a smaller one. */
  round(rows: number, longest: number): Shape {
    const place = this.#placeOf[longest]
    const steps = place === undefined ? undefined : this.#rowSteps[place]
    return {
      rows: steps?.find(step => step >= rows) ?? rows,
      longest: place === undefined ? longest : (this.#lengths[place] as number),
    }
  }

  /** Rows that a micro-batch may have, so that the shape it is padded to is within a token budget; 1 or more. */
  mostRows(longest: number, maxBatchTokens: number): number {
    const place = this.#placeOf[longest] ?? this.#lengths.length - 1
    const most = maxBatchTokens / (this.#lengths[place] as number)
    return this.#rowSteps[place]?.findLast(step => step <= most) ?? 1
  }
}
