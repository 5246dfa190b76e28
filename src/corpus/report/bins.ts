import { mostScoreBin, mostTokenCount, scoreBinWidth, type Tally } from "../run/tally.ts"

/** A bar of a histogram: `rows` between `from` and `to`. */
export interface Bin {
  readonly from: number
  readonly to: number
  readonly rows: number
}

/** Bars of a histogram, one height for each label. */
export interface LabelBin extends Bin {
  readonly label: string
}

/** How long the texts are. */
export interface LengthBins {
  readonly bins: readonly Bin[]
  readonly median: number
  /** 95 % of the texts have at most this number of tokens. */
  readonly p95: number
  /** The start of the last bar, if that bar also counts all longer texts. */
  readonly openFrom: number | undefined
}

/** Speed in one interval of the run. */
export interface SpeedBin {
  readonly fromMs: number
  readonly toMs: number
  readonly rowsPerSecond: number
}

const mostBars = 40

/** The smallest step that covers `span` with at most `mostBars` bars. */
function chooseStep(span: number, steps: readonly number[]): number {
  return steps.find(step => span / step <= mostBars) ?? (steps.at(-1) as number)
}

/**
 * Scores by label, in bars of one width.
 *
 * @param nameOf - the name of a label: labels of one name are counted together
 * @param bounded - whether scores are probabilities: then a score of exactly 1 is counted in the bar that ends at 1
 */
export function binScores(tally: Tally, nameOf: (label: string) => string, bounded: boolean): LabelBin[] {
  const counted = Object.entries(tally.labels).flatMap(([label, { scoreBins }]) =>
    Object.entries(scoreBins).map(([key, rows]) => ({ label: nameOf(label), bin: place(Number(key), bounded), rows })),
  )
  const [least, most] = range(counted.map(({ bin }) => bin))
  const step = chooseStep(most - least + 1, [1, 2, 4, 5, 10, 20])
  const bars = new Map<string, LabelBin>()
  for (const { label, bin, rows } of counted) {
    const bar = Math.floor(bin / step)
    const key = `${bar} ${label}`
    const edge = (at: number) => Number((at * step * scoreBinWidth).toFixed(2))
    bars.set(key, { label, from: edge(bar), to: edge(bar + 1), rows: rows + (bars.get(key)?.rows ?? 0) })
  }
  return [...bars.values()].sort((a, b) => a.from - b.from)
}

/** The start of the outermost bars of scores, if they also count all scores beyond. */
export function openScore(tally: Tally): number | undefined {
  const open = Object.values(tally.labels).some(
    ({ scoreBins }) => scoreBins[mostScoreBin] !== undefined || scoreBins[-mostScoreBin] !== undefined,
  )
  return open ? mostScoreBin * scoreBinWidth : undefined
}

function place(bin: number, bounded: boolean): number {
  return bounded ? Math.min(bin, Math.round(1 / scoreBinWidth) - 1) : bin
}

/** Texts by their number of tokens. A few texts that are far longer than the others share the last bar. */
export function binLengths({ tokenCounts }: Tally): LengthBins {
  const counts = Object.entries(tokenCounts)
    .map(([tokens, rows]) => ({ tokens: Number(tokens), rows }))
    .sort((a, b) => a.tokens - b.tokens)
  const total = counts.reduce((sum, { rows }) => sum + rows, 0)
  const quantile = (share: number) => {
    let left = share * total
    for (const { tokens, rows } of counts) {
      left -= rows
      if (left <= 0) return tokens
    }
    return 0
  }
  const most = counts.at(-1)?.tokens ?? 0
  const usual = Math.ceil(quantile(0.995) * 1.25) + 1
  const shown = most > 2 * usual ? usual : most
  const step = chooseStep(shown + 1, [1, 2, 5, 10, 20, 25, 50, 100])
  const bars = Array.from({ length: Math.floor(shown / step) + 1 }, () => 0)
  for (const { tokens, rows } of counts) {
    const bar = Math.min(bars.length - 1, Math.floor(tokens / step))
    bars[bar] = (bars[bar] ?? 0) + rows
  }
  const open = most >= bars.length * step || most >= mostTokenCount
  return {
    bins: bars.map((rows, bar) => ({ from: bar * step, to: (bar + 1) * step, rows })),
    median: quantile(0.5),
    p95: quantile(0.95),
    openFrom: open ? (bars.length - 1) * step : undefined,
  }
}

/** A chunk is counted when it ends: shorter bars would show when chunks ended, not how fast the run was. */
const chunksInBar = 4
/** Fewer bars with rows show no course. */
const fewestSpeedBars = 5

/**
 * Rows a second over the run, failed ones included; the last bar ends with the run.
 *
 * @param chunkTexts - rows in a chunk
 * @returns nothing if the run was too short for a plot over time
 */
export function binSpeeds({ throughput: { intervalMs, rows }, elapsedMs }: Tally, chunkTexts: number): SpeedBin[] {
  const total = rows.reduce((sum, count) => sum + count, 0)
  const wanted = Math.ceil((chunksInBar * chunkTexts * rows.length) / Math.max(1, total))
  const together = Math.max(1, Math.min(rows.length, wanted))
  const whole = Math.floor(rows.length / together)
  const bars = Array.from({ length: whole }, (_, bar) => {
    const [first, next] = [bar * together, bar === whole - 1 ? rows.length : (bar + 1) * together]
    const [fromMs, toMs] = [first * intervalMs, next === rows.length ? elapsedMs : next * intervalMs]
    const count = rows.slice(first, next).reduce((sum, each) => sum + each, 0)
    return { fromMs, toMs, rowsPerSecond: (count * 1000) / Math.max(1, toMs - fromMs) }
  })
  return bars.filter(({ rowsPerSecond }) => rowsPerSecond > 0).length < fewestSpeedBars ? [] : bars
}

function range(numbers: readonly number[]): [number, number] {
  return numbers.reduce(([least, most], number) => [Math.min(least, number), Math.max(most, number)], [
    Infinity,
    -Infinity,
  ] as [number, number])
}
