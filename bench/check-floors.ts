import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { printBar, type Ratio } from "./harness.ts"

/** A bench, as short as it still says something, and what of its figures must hold. */
interface Check {
  readonly bench: string
  readonly words: readonly string[]
  readonly floors: readonly Floor[]
}

/** Up to a tenth worse than the worst of what was measured on an EPYC with VNNI and on a Xeon with AMX; what it shall come to are the benches' bars. */
interface Floor {
  readonly what: string
  readonly rule: ">=" | "<="
  readonly floor: number
  ratioOf(figures: Figures): Ratio | undefined
}

interface Figures {
  readonly ratio?: Ratio
  readonly ratios?: readonly { readonly dtype?: string; readonly ratio: Ratio }[]
}

/** Those that came nearest to Valence; the others take their time to start. */
const nearest = ["--engines", "onnxruntime (Python),onnxruntime-node,OpenVINO (throughput)"]
const short = ["--rounds", "3", "--patience-s", "10"]
const ofDtype = (dtype: string) => (figures: Figures) => figures.ratios?.find(one => one.dtype === dtype)?.ratio

const checks: readonly Check[] = [
  {
    bench: "beside-peers.ts",
    words: [...nearest, "--texts-a-round", "436", "--texts-a-try", "109", "--final-rounds", "3", ...short],
    floors: [
      { what: "texts/s, Valence int8 / best peer", rule: ">=", floor: 1.25, ratioOf: ofDtype("int8") },
      { what: "texts/s, Valence fp32 / best fp32 peer", rule: ">=", floor: 1.1, ratioOf: ofDtype("fp32") },
    ],
  },
  {
    bench: "single-text.ts",
    words: [...nearest, "--texts-a-round", "50", "--rounds", "5", "--patience-s", "10"],
    floors: [
      { what: "p50 of a single text, Valence int8 / best peer", rule: "<=", floor: 1.2, ratioOf: ofDtype("int8") },
    ],
  },
  {
    bench: "fleet/throughput.ts",
    words: ["--texts-a-round", "4000", ...short],
    floors: [{ what: "texts/s, through Redis / embedded", rule: ">=", floor: 0.85, ratioOf: ({ ratio }) => ratio }],
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
  const told: { floor: Floor; ratio: Ratio | undefined }[] = []
  try {
    for (const [index, { bench, words, floors }] of checks.entries()) {
      const json = join(folder, `${index}.json`)
      const ended = await run(bench, [...words, ...(texts === undefined ? [] : ["--texts", texts]), "--json", json])
      const figures = ended ? (JSON.parse(await readFile(json, "utf8")) as Figures) : {}
      told.push(...floors.map(floor => ({ floor, ratio: floor.ratioOf(figures) })))
    }
  } finally {
    await rm(folder, { recursive: true })
  }
  console.log("\n== floors")
  for (const { floor, ratio } of told) {
    if (ratio === undefined) console.log(`${floor.what}: not measured`)
    else printBar(floor.what, ratio.median, floor.rule, floor.floor, ratio.median.toFixed(2))
  }
  return told.every(({ floor, ratio }) => ratio !== undefined && holds(floor, ratio.median))
}

const holds = ({ rule, floor }: Floor, figure: number) => (rule === ">=" ? figure >= floor : figure <= floor)
