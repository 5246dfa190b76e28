import type { Labeller } from "../labeller.ts"

/** Texts of a round; each round has others. */
const roundTexts = 48
/** A fast machine labels the same texts each time, so that the share of equal labels is always the same. */
const rounds = { least: 3, most: 6 } as const
/** After this time no round begins, once there were enough. */
const limitMs = 10_000

/** How the int8 graph of a model did next to its fp32 graph. */
export interface DtypeComparison {
  /** Texts a second of int8 over fp32's, of each round. */
  readonly gains: readonly number[]
  readonly texts: number
  /** Texts to which both gave the same label. */
  readonly agreeing: number
}

/** What a labeller did with the texts of a round. */
interface Timed {
  readonly ms: number
  /** The label of each text, or `undefined` if it failed. */
  readonly labels: readonly (string | undefined)[]
}

async function timed(labeller: Labeller, texts: readonly string[]): Promise<Timed> {
  const startMs = performance.now()
  const results = await labeller.label(texts, { lane: "bulk" })
  return { ms: performance.now() - startMs, labels: results.map(one => (one.error ? undefined : one.label)) }
}

/**
 * Labels the same texts with both graphs, in rounds that take turns.
 *
 * @param texts - enough for all rounds
 */
export async function compareDtypes(
  int8: Labeller,
  fp32: Labeller,
  texts: readonly string[],
): Promise<DtypeComparison> {
  // The first run of a session takes memory, and is slow.
  for (const labeller of [int8, fp32]) await labeller.label(texts.slice(0, roundTexts), { lane: "bulk" })
  const untilMs = performance.now() + limitMs
  const gains: number[] = []
  let agreeing = 0
  let compared = 0
  while (gains.length < rounds.most && (gains.length < rounds.least || performance.now() < untilMs)) {
    const some = texts.slice(gains.length * roundTexts, (gains.length + 1) * roundTexts)
    const isInt8First = gains.length % 2 === 0
    const first = await timed(isInt8First ? int8 : fp32, some)
    const second = await timed(isInt8First ? fp32 : int8, some)
    const [one, other] = isInt8First ? [first, second] : [second, first]
    gains.push(other.ms / one.ms)
    agreeing += one.labels.filter((label, at) => label === other.labels[at]).length
    compared += some.length
  }
  return { gains, texts: compared, agreeing }
}
