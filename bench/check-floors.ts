import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { printBar, type Ratio } from "./harness.ts"

/** A bench, as short as it still says something, and what of its figures must hold. */
interface Check {
  readonly bench: string
  readonly words: readonly string[]
  readonly bars: readonly Bar[]
}

interface Bar {
  readonly what: string
  readonly rule: ">=" | "<="
  readonly bar: number
  ratioOf(figures: Figures): Ratio | undefined
}

interface Figures {
  readonly ratio?: Ratio
  readonly ratios?: readonly { readonly dtype?: string; readonly ratio: Ratio }[]
}

/** Those that came nearest to Valence; the others take their time to start. */
const nearest = ["--engines", "onnxruntime (Python),onnxruntime-node,MAX"]
const short = ["--rounds", "3", "--patience-s", "10"]
const ofDtype = (dtype: string) => (figures: Figures) => figures.ratios?.find(one => one.dtype === dtype)?.ratio

const checks: readonly Check[] = [
  {
    bench: "beside-peers.ts",
    words: [...nearest, "--texts-a-round", "436", "--texts-a-try", "109", ...short],
    bars: [
      { what: "texts/s, Valence int8 / best peer", rule: ">=", bar: 2, ratioOf: ofDtype("int8") },
      { what: "texts/s, Valence fp32 / best fp32 peer", rule: ">=", bar: 1.5, ratioOf: ofDtype("fp32") },
    ],
  },
  {
    bench: "single-text.ts",
    words: [...nearest, "--texts-a-round", "50", "--rounds", "5", "--patience-s", "10"],
    bars: [{ what: "p50 of a single text, Valence int8 / best peer", rule: "<=", bar: 1, ratioOf: ofDtype("int8") }],
  },
  {
    bench: "fleet/throughput.ts",
    words: ["--texts-a-round", "4000", ...short],
    bars: [{ what: "texts/s, through Redis / embedded", rule: ">=", bar: 0.85, ratioOf: ({ ratio }) => ratio }],
  },
]

/**
 * Holds the ratios that matter against their floors.
 *
 * @param run - runs a bench beside this file, and gives whether it succeeded
 * @returns whether all hold
 */
export async function checkFloors(
  run: (bench: string, words: readonly string[]) => Promise<boolean>,
  texts: string | undefined,
): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "valence-bench-"))
  const told: { bar: Bar; ratio: Ratio | undefined }[] = []
  try {
    for (const [index, { bench, words, bars }] of checks.entries()) {
      const json = join(folder, `${index}.json`)
      const ended = await run(bench, [...words, ...(texts === undefined ? [] : ["--texts", texts]), "--json", json])
      const figures = ended ? (JSON.parse(await readFile(json, "utf8")) as Figures) : {}
      told.push(...bars.map(bar => ({ bar, ratio: bar.ratioOf(figures) })))
    }
  } finally {
    await rm(folder, { recursive: true })
  }
  console.log("\n== floors")
  for (const { bar, ratio } of told) {
    if (ratio === undefined) console.log(`${bar.what}: not measured`)
    else printBar(bar.what, ratio.median, bar.rule, bar.bar, ratio.median.toFixed(2))
  }
  return told.every(({ bar, ratio }) => ratio !== undefined && holds(bar, ratio.median))
}

const holds = ({ rule, bar }: Bar, figure: number) => (rule === ">=" ? figure >= bar : figure <= bar)
