import type { ChannelRanges } from "./smoothing.ts"

/** Tokens on which a candidate's error is measured. */
const SAMPLE_TOKENS = 2048

/** What was seen of one value over all texts: how far its channels reach, and tokens of it. */
export interface ActivationSample {
  readonly ranges: ChannelRanges
  /** float32, shape [tokens, channels]. */
  readonly tokens: Float32Array
}

/** Gathers what is seen of one value. */
export class Seen {
  readonly #ranges: ChannelRanges
  readonly #sample: Float32Array
  readonly #channels: number
  readonly #share: number
  #tokens = 0
  #sampled = 0

  constructor(channels: number, totalTokens: number) {
    this.#ranges = { low: new Float32Array(channels), high: new Float32Array(channels) }
    this.#channels = channels
    this.#share = Math.min(1, SAMPLE_TOKENS / totalTokens)
    this.#sample = new Float32Array(SAMPLE_TOKENS * channels)
  }

  get sample(): ActivationSample {
    return { ranges: this.#ranges, tokens: this.#sample.subarray(0, this.#sampled * this.#channels) }
  }

  add(activations: Float64Array): void {
    const { low, high } = this.#ranges
    for (let from = 0; from < activations.length; from += this.#channels, this.#tokens++) {
      const token = activations.subarray(from, from + this.#channels)
      for (let channel = 0; channel < token.length; channel++) {
        const value = token[channel] ?? 0
        if (value < (low[channel] ?? 0)) low[channel] = value
        if (value > (high[channel] ?? 0)) high[channel] = value
      }
      if (this.#sampled <= this.#tokens * this.#share && this.#sampled < SAMPLE_TOKENS)
        this.#sample.set(token, this.#sampled++ * this.#channels)
    }
  }
}

/**
 * What would have been seen of a value whose channels come from these.
 *
 * @param sources - the channel from which each comes
 */
export function channelsOf({ ranges, tokens }: ActivationSample, sources: readonly number[]): ActivationSample {
  const channels = ranges.low.length
  const chosen = (row: Float32Array) => Float32Array.from(sources, source => row[source] ?? 0)
  const wider = new Float32Array((tokens.length / channels) * sources.length)
  for (let from = 0, to = 0; from < tokens.length; from += channels, to += sources.length)
    wider.set(chosen(tokens.subarray(from, from + channels)), to)
  return { ranges: { low: chosen(ranges.low), high: chosen(ranges.high) }, tokens: wider }
}
