import { median, showCount } from "../harness.ts"
import { draw } from "./draw.ts"
import type { AgainstBest, RooflineFigures } from "./figures.ts"
import { table } from "./markdown.ts"
import { type Bar, bars } from "./plots.ts"

/** ONNX Runtime's name for the products of the int8 graph's linear layers. */
const linear = "MatMulIntegerToFloat"
/** Of a run's time: operators that take less are told of together. */
const leastTold = 0.01

/** Where the time of a micro-batch goes: parts that do not overlap, in ms, the longest first but for the linear layers. */
function partsOf({ profile }: RooflineFigures): { name: string; ms: number }[] {
  const { microBatches, runMs, linearAloneMs, operators } = profile
  const linearMs = operators.find(({ name }) => name === linear)?.ms ?? 0
  const rest = operators.filter(({ name }) => name !== linear).toSorted((a, b) => b.ms - a.ms)
  const told = rest.filter(({ ms }) => ms >= leastTold * runMs)
  const sum = (some: readonly { ms: number }[]) => some.reduce((all, { ms }) => all + ms, 0)
  // Alone, a round may have been slower than the profiled run.
  const aloneMs = Math.min(linearAloneMs, linearMs)
  return [
    { name: "linear layers, as long as they take alone", ms: aloneMs },
    { name: "what they take longer in the graph", ms: linearMs - aloneMs },
    ...told,
    { name: "other nodes", ms: sum(rest) - sum(told) },
    { name: "between nodes", ms: runMs - sum(operators) },
  ].map(({ name, ms }) => ({ name, ms: ms / microBatches }))
}

function rooflineTable(figures: RooflineFigures): string {
  const parts = partsOf(figures)
  const all = parts.reduce((sum, { ms }) => sum + ms, 0)
  return table(
    ["part of a micro-batch", "ms", "share"],
    parts.map(({ name, ms }) => [name, ms.toFixed(2), `${((100 * ms) / all).toFixed(0)} %`]),
  )
}

/** How far the products and the graph are from what the CPU's best instruction does on registers alone. */
function siliconText({ silicon, figures }: RooflineFigures): string {
  if (silicon === undefined || "unknown" in silicon) return ""
  const [best] = silicon.filter(({ dtype }) => dtype === "int8").toSorted((a, b) => b.gops - a.gops)
  if (best === undefined) return ""
  const of = (rates: readonly number[]) => `${((100 * median(rates)) / best.gops).toFixed(0)} %`
  return `The silicon's peak is a loop of ${best.instruction} on registers alone, ${showCount(best.gops)} GOP/s a core: the products alone reach ${of(figures.alone)} of it, the whole graph ${of(figures.graph)}. `
}

/** What the machine's matrix products allow, what the int8 graph reaches of it, and where the rest goes. */
export async function rooflineSection(
  small: RooflineFigures,
  base: RooflineFigures | undefined,
  against: AgainstBest | undefined,
  folder: string,
): Promise<string> {
  const barsOf = (name: string, { figures }: RooflineFigures): Bar[] => {
    const [alone, graph] = [median(figures.alone), median(figures.graph)]
    return [
      { name: `${name}: peak`, value: alone, shown: showCount(alone), colour: "plain" },
      { name: `${name}: graph`, value: graph, shown: showCount(graph), colour: "accent" },
    ]
  }
  const plot = await draw(
    folder,
    "roofline",
    "Operations of linear layers a second on one core: alone, and in the whole int8 graph",
    bars(
      [...barsOf("sst2-small", small), ...(base === undefined ? [] : barsOf("DistilBERT-base's geometry", base))],
      "GOP/s of linear layers on one core, int8",
    ),
  )
  const share = ({ share }: RooflineFigures) =>
    `${share.median.toFixed(2)} (${share.min.toFixed(2)} to ${share.max.toFixed(2)})`
  const about = ({ profile }: RooflineFigures) =>
    `Of ${(profile.tokens / profile.microBatches).toFixed(0)} padded tokens a micro-batch`
  const ofBase =
    base === undefined
      ? ""
      : `\nDistilBERT-base's geometry reaches **${share(base)}**. ${about(base)}:\n\n${rooflineTable(base)}\n`
  const ceiling =
    against === undefined
      ? ""
      : `\nWith nothing but its linear layers, int8 would have ${(against.ratio.median / small.share.median).toFixed(1)} times the texts/s of the best peer, ${against.best}, instead of ${against.ratio.median.toFixed(2)}: the bar of ${against.bar} takes ${((100 * against.bar * small.share.median) / against.ratio.median).toFixed(0)} % of the peak on this machine.\n`
  const limit = siliconText(small)
  return `## Roofline
\`\`\`sh
npm run bench -- --only roofline,roofline-base --texts dev.tsv
\`\`\`

${plot}

The practical peak is what the graph's own linear layers take alone: the same products by the same operator of ONNX Runtime, weights and activations in the nearest cache. Of it the int8 graph of sst2-small reaches
**${share(small)}** on one core, everything else that it computes included. ${limit}${about(small)}, profiled:

${rooflineTable(small)}
${ofBase}${ceiling}
Products in int8 are so fast that all else shows, and the faster the machine's are, the more: see [bench/README.md](../../bench/README.md) for a CPU with AMX.
`
}
