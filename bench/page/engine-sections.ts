import { median, showCount } from "../harness.ts"
import { draw } from "./draw.ts"
import type { AgainstBest, EngineFigures, Figures } from "./figures.ts"
import { table } from "./markdown.ts"
import { bars } from "./plots.ts"

const VALENCE = "Valence"

const showRatio = ({ median, min, max }: AgainstBest["ratio"]) =>
  `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`

/** `met`, or by how much it is not. */
const verdict = (holds: boolean) => (holds ? "met" : "**missed**")

type RatedWay = EngineFigures["ways"][number] & { readonly rate: number }

/** All ways to use the engines, the fastest first. */
function ratedWays({ ways, figures }: EngineFigures): RatedWay[] {
  return ways.map(way => ({ ...way, rate: median(figures[way.key] ?? []) })).sort((a, b) => b.rate - a.rate)
}

/** Of each engine the fastest way. */
function bestWays(rows: readonly RatedWay[]): RatedWay[] {
  return rows.filter(
    (row, index) => rows.findIndex(({ name, dtype }) => name === row.name && dtype === row.dtype) === index,
  )
}

function waysTable(rows: readonly RatedWay[], figures: EngineFigures["figures"]): string {
  return table(
    ["engine", "texts", "batches of", "texts/s", "rounds' min to max"],
    rows.map(({ name, dtype, order, batchSize, rate, key }) => [
      `${name} ${dtype}`,
      order,
      name === VALENCE ? "its own" : batchSize,
      showCount(rate),
      `${showCount(Math.min(...(figures[key] ?? [])))} to ${showCount(Math.max(...(figures[key] ?? [])))}`,
    ]),
  )
}

/** The ratios to the best of the peers, held against their bars where these are meant, and who is not there. */
function verdicts({ ratios, absent }: EngineFigures, hasBars: boolean): string {
  const against = ratios.map(({ dtype, best, bar, ratio }) => {
    const held = hasBars ? `; bar ${bar}: ${verdict(ratio.median >= bar)}` : ""
    return `- Valence ${dtype} / ${best}: **${showRatio(ratio)}**${held}`
  })
  const missing = absent.map(({ name, dtype, reason }) => `- absent: ${name} ${dtype}: ${reason}`)
  if (ratios[0]?.final === undefined) return [...against, ...missing].join("\n")
  const final = `These are of finals: Valence and the two peers that came nearest, each with every batch size, take turns alone, ${ratios[0]?.ratio.rounds} times, because all of them take minutes, over which the machine changes.`
  return [...against, ...missing, "", final].join("\n")
}

/** Texts a second of every engine, the best way of each in the plot, all ways in the table. */
export async function enginesSection(engines: EngineFigures, folder: string): Promise<string> {
  const rows = ratedWays(engines)
  const plot = await draw(
    folder,
    "engines",
    "Texts a second of Valence and of every peer at its best",
    bars(
      bestWays(rows).map(({ name, dtype, rate }) => ({
        name: `${name} ${dtype}`,
        value: rate,
        shown: showCount(rate),
        colour: name === VALENCE ? "accent" : "plain",
      })),
      "texts a second, tokenising included",
    ),
  )
  return `## Engines
\`\`\`sh
npm run bench -- --only engines --texts dev.tsv
\`\`\`

${plot}

Of ${showCount(engines.textsARound)} texts a round, ${engines.otherLoad.length} rounds. The plot has each engine at its best; its caller sorts and batches for it, except for Valence:

${waysTable(rows, engines.figures)}

${verdicts(engines, true)}

Why the spread is wide: an engine with a thread for each core in one process has its threads wait for each other, and share what they compute, at every layer. On this virtual machine such
engines have two speeds, which change from one second to the next, as if its cores were now near each other and now far apart; the ratios lie between those. Valence's device children
have one thread each and share nothing; they have one speed.

Every engine labels with the same weights, and is compared with golden logits before it is timed. What batches and sorting gain a peer differs: onnxruntime's dynamic int8 scales a
whole batch by its largest value, so its labels depend on what a text is batched with; Valence's do not. bf16 is a
precision that changes few labels; it is quick on CPUs with AMX, and not on others.
`
}

/** The same with other texts or another model: each engine at its best. */
export function otherEnginesSection(question: string, title: string, about: string, engines: EngineFigures): string {
  return `### ${title}
\`\`\`sh
npm run bench -- --only ${question}
\`\`\`

${about} Of ${showCount(engines.textsARound)} texts a round, ${engines.otherLoad.length} rounds, each engine at its best:

${waysTable(bestWays(ratedWays(engines)), engines.figures)}

${verdicts(engines, false)}
`
}

/** How much faster Valence's int8 is than its own fp32. */
export function dtypesSection({ textsARound, figures, ratios }: Figures["dtypes"]): string {
  const rate = (name: string) => showCount(median(figures[name] ?? []))
  return `## int8 against fp32
\`\`\`sh
npm run bench -- --only dtypes --texts dev.tsv
\`\`\`

Valence's own graphs on one core, ${showCount(textsARound)} texts a round:

${table(
  ["texts/s", "int8", "fp32", "ratio"],
  [
    ["wall time of `label()`, tokenising included", rate("int8Wall"), rate("fp32Wall"), showRatio(ratios.wall)],
    ["CPU time of the graph's thread", rate("int8Cpu"), rate("fp32Cpu"), showRatio(ratios.cpu)],
  ],
)}
`
}

/** How long one text takes that comes alone. */
export async function singleTextSection(single: Figures["single-text"], folder: string): Promise<string> {
  const rows = single.quantiles.toSorted((a, b) => a.p50 - b.p50)
  const plot = await draw(
    folder,
    "single-text",
    "Milliseconds of one text that comes alone, by engine: the median, and the 99th percentile as a line",
    bars(
      rows.map(({ name, dtype, p50, p99 }) => ({
        name: `${name} ${dtype}`,
        value: p50,
        tail: p99,
        shown: `${p50.toFixed(1)} · ${p99.toFixed(1)}`,
        colour: name === VALENCE ? "accent" : "plain",
      })),
      "ms of a text: p50 (bar) · p99 (line)",
    ),
  )
  const against = single.ratios.map(
    ({ dtype, best, bar, ratio }) =>
      `- p50 of Valence ${dtype} / ${best}: **${showRatio(ratio)}**; bar ${bar} or less: ${verdict(ratio.median <= bar)}`,
  )
  return `## One text at a time
\`\`\`sh
npm run bench -- --only single-text --texts dev.tsv
\`\`\`

${plot}

${against.join("\n")}

A text that comes alone goes to a device child that has a thread for each core, and pays for two messages between processes; peers do all in the process that asks. What Valence
buys for that: the event loop is free meanwhile, and a run that dies takes nothing with it.
`
}

/** How many labels of each engine are right. */
export function agreementSection({ texts, rows }: Figures["agreement"]): string {
  return `## Accuracy
\`\`\`sh
npm run bench -- --only agreement --texts dev.tsv
\`\`\`

${showCount(texts)} labelled texts; differences are from Valence's fp32 graph.

${table(
  ["engine", "accuracy", "other labels", "mean score difference", "most"],
  rows.map(({ name, dtype, accuracy, otherLabels, meanDifference, maxDifference }) => [
    `${name} ${dtype}`,
    `${(100 * accuracy).toFixed(2)} %`,
    otherLabels,
    meanDifference.toFixed(5),
    maxDifference.toFixed(4),
  ]),
)}
`
}

/** Lexicons, which are a different trade: a thousand times the speed for a good part of the accuracy. */
export function lexiconsSection({ rows, ratios }: Figures["lexicons"]): string {
  return `## Lexicons
\`\`\`sh
npm run bench -- --only lexicons --texts dev.tsv
\`\`\`

${table(
  ["lexicon", "texts/s", "labels that are right"],
  rows.map(({ name, textsPerSecond, right }) => [
    name,
    showCount(textsPerSecond),
    right === undefined ? "-" : `${(100 * right).toFixed(1)} %`,
  ]),
)}

Texts that got neither label count as wrong. Valence's afinn-111 against ${ratios
    .map(({ peer, ratio }) => `${peer}: ${ratio.median.toFixed(2)} times the texts/s`)
    .join("; ")}.
`
}
