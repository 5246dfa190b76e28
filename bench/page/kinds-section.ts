import { type CpuKind, cpuKinds } from "../cpu-kind.ts"
import { median, showCount } from "../harness.ts"
import type { AgainstBest, EngineFigures, RooflineFigures } from "./figures.ts"
import { table } from "./markdown.ts"

/** What one kind of CPU contributes to the table of all. */
export interface KindFigures {
  readonly kind: CpuKind
  readonly engines: EngineFigures
  readonly roofline?: RooflineFigures | undefined
}

const NONE = "-"

const ratioOf = ({ engines }: KindFigures, dtype: string) => engines.ratios.find(one => one.dtype === dtype)

/** Valence's texts/s and the best peer's, from the rounds in which they took turns alone. */
function rates({ dtype, best, final }: AgainstBest): { valence: string; peer: string } {
  const rate = (name: string) => (final ? showCount(median(final.figures[name] ?? [])) : NONE)
  const valence = Object.keys(final?.figures ?? {}).find(name => name.startsWith(`Valence ${dtype}`)) ?? ""
  return { valence: rate(valence), peer: rate(best) }
}

/** The lowest ratio to the best peer among the kinds of CPU, in a sentence to quote. */
function lowest(kinds: readonly KindFigures[], dtype: string): string[] {
  const [least] = kinds
    .flatMap(one => {
      const against = ratioOf(one, dtype)
      return against === undefined ? [] : [{ kind: one.kind, ...against }]
    })
    .toSorted((a, b) => a.ratio.median - b.ratio.median)
  if (least === undefined) return []
  return [
    `- ${dtype}: **${least.ratio.median.toFixed(2)} times** the best peer, ${least.best}, on ${cpuKinds[least.kind]}`,
  ]
}

/** A table of all kinds of CPU that were measured, and the lowest ratios. */
export function kindsSection(kinds: readonly KindFigures[]): string {
  const rows = kinds.flatMap(one =>
    one.engines.ratios.map(against => {
      const { median, min, max } = against.ratio
      const { valence, peer } = rates(against)
      const share = against.dtype === "int8" ? one.roofline?.share.median.toFixed(2) : undefined
      return [
        `[${cpuKinds[one.kind]}](performance/${one.kind}.md): ${one.engines.machine["cpu"]}`,
        against.dtype,
        valence,
        peer,
        against.best,
        `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`,
        share ?? NONE,
        one.engines.versions["model"] ?? NONE,
      ]
    }),
  )
  const missing = Object.entries(cpuKinds).filter(([kind]) => kind !== "other" && !kinds.some(one => one.kind === kind))
  return `## Kinds of CPU
Valence and the best of all peers, which has its texts sorted and batched by its caller if that makes it faster; SST-2's lengths, tokenising included. The ratio is the median of the rounds' ratios; in brackets are the least and the most.

${table(
  [
    "CPU",
    "dtype",
    "Valence, texts/s",
    "best peer, texts/s",
    "best peer",
    "ratio",
    "share of the products' peak",
    "model",
  ],
  rows,
)}

The lowest ratios, which are the ones to quote:

${["int8", "fp32"].flatMap(dtype => lowest(kinds, dtype)).join("\n")}

The share of the products' peak is what the int8 graph reaches of its own matrix products run alone. Not measured yet: ${missing.map(([, name]) => name).join(", ")}. \`npm run bench\` and \`npm run bench:page\` on such a machine add it.
`
}
