/**
 * Texts a second of Valence against transformers.js over the same checkpoint, tokenising included:
 *
 *   npm run bench engines -- --peer FOLDER [--model MODEL] [--dtype int8|fp32] [--texts FILE]
 *
 * FOLDER is an export of the same checkpoint as `bench/peers/python/make_export.py` writes it: int8 is measured against its q8,
 * fp32 against its fp32.
 *
 * transformers.js makes no batches, so it is first tried with every batch size, thread setting and order of texts; the
 * best of each order then takes turns with Valence. The bar is held against the best for texts as they come; the ratio to
 * a caller who sorts them by length is told beside it. Before that, both label the same texts, to see that they do the
 * same work.
 */
import { availableParallelism } from "node:os"
import type { LabelledText } from "../src/index.ts"
import { readFlags } from "../test/read-flags.ts"
import { createClassifier } from "./built.ts"
import {
  commonFlags,
  describeRatio,
  figureRows,
  interleave,
  patienceOf,
  printBar,
  printEnd,
  printHead,
  printTable,
  ratioOf,
  secondsOf,
  showCount,
  textsFor,
  waitForQuiet,
} from "./harness.ts"
import { type Batching, openPipeline, type PeerLabel, type PeerPipeline, peerVersion } from "./peers/open-pipeline.ts"

const BATCH_SIZES = [1, 8, 16, 32, 64]
const BARS = { int8: 2.2, fp32: 2.0 }
const SWEEPS = 3

interface Setting extends Batching {
  readonly threads: number
}

const { values: flags } = readFlags({
  options: {
    ...commonFlags,
    peer: { type: "string" },
    model: { type: "string", default: "sentiment-small" },
    dtype: { type: "string", default: "int8" },
    "texts-a-round": { type: "string", default: "1744" },
    "texts-a-try": { type: "string", default: "436" },
  },
})
const patience = patienceOf(flags, 9)
const dtype = flags.dtype === "fp32" ? "fp32" : "int8"
if (flags.peer === undefined) throw new Error("--peer FOLDER must name an export; see bench/README.md")
const folder = flags.peer
const texts = await textsFor(Number(flags["texts-a-round"]), flags.texts)
const peerDtype = dtype === "fp32" ? "fp32" : "q8"

/** Tries every setting on some of the texts; the best of several tries counts. */
async function sweep(pipelines: ReadonlyMap<number, PeerPipeline>): Promise<{ setting: Setting; rate: number }[]> {
  const some = texts.slice(0, Number(flags["texts-a-try"]))
  const tried = [...pipelines.keys()].flatMap(threads =>
    [false, true].flatMap(sorted =>
      BATCH_SIZES.map(batchSize => ({ setting: { threads, batchSize, sorted }, rate: 0 })),
    ),
  )
  const patientUntilMs = performance.now() + 1000 * patience.patienceS
  for (let time = 0; time < SWEEPS; time++)
    for (const one of tried) {
      await waitForQuiet(patientUntilMs)
      const pipeline = pipelines.get(one.setting.threads) as PeerPipeline
      one.rate = Math.max(one.rate, some.length / (await secondsOf(() => pipeline.label(some, one.setting))))
    }
  return tried
}

function best(tried: readonly { setting: Setting; rate: number }[], sorted: boolean): Setting {
  const [first] = tried.filter(one => one.setting.sorted === sorted).sort((a, b) => b.rate - a.rate)
  return first?.setting as Setting
}

/** How far the two agree: they have two labels, so a score for the other label is 1 minus its own. */
function compare(ours: readonly LabelledText[], theirs: readonly PeerLabel[]) {
  let same = 0
  let sum = 0
  ours.forEach((our, index) => {
    const their = theirs[index] as PeerLabel
    if (our.error) throw new Error(`Valence refused text ${index}: ${our.error.message}`)
    if (our.label === their.label) same++
    sum += Math.abs(our.score - (our.label === their.label ? their.score : 1 - their.score))
  })
  return { texts: ours.length, same, meanDifference: sum / ours.length }
}

const describe = ({ threads, batchSize }: Setting) => `batches of ${batchSize}, ${threads} threads`

await using classifier = await createClassifier({ model: flags.model, dtype })
const threadCounts = [...new Set([1, availableParallelism()])]
const pipelines = new Map<number, PeerPipeline>()
for (const threads of threadCounts) pipelines.set(threads, await openPipeline(folder, peerDtype, threads))

printHead(`Valence (${dtype}) against transformers.js (${peerDtype}), ${showCount(texts.length)} texts a round`, {
  "transformers.js": peerVersion(),
  texts: flags.texts ?? "generated",
  model: `${classifier.model.name}, revision ${classifier.model.revision}`,
})

const different = [...new Set(texts)]
const agreement = compare(
  await classifier.label(different),
  await (pipelines.get(1) as PeerPipeline).label(different, { batchSize: 1, sorted: false }),
)
console.log(
  `same label for ${agreement.same} of ${agreement.texts} texts ` +
    `(${((100 * agreement.same) / agreement.texts).toFixed(2)} %), mean score difference ${agreement.meanDifference.toFixed(5)}\n`,
)

const tried = await sweep(pipelines)
console.log("transformers.js, texts/s by batch size")
printTable(
  ["threads, order", ...BATCH_SIZES.map(String)],
  threadCounts.flatMap(threads =>
    [false, true].map(sorted => [
      `${threads}, ${sorted ? "sorted by length" : "as they come"}`,
      ...tried
        .filter(({ setting }) => setting.threads === threads && setting.sorted === sorted)
        .map(({ rate }) => showCount(rate)),
    ]),
  ),
)

const asTheyCome = best(tried, false)
const sorted = best(tried, true)
const rateOf = async (work: () => unknown) => texts.length / (await secondsOf(work))
const peerRate = (setting: Setting) =>
  rateOf(() => (pipelines.get(setting.threads) as PeerPipeline).label(texts, setting))
const rounds = await interleave(
  {
    valence: () => rateOf(() => classifier.label(texts)),
    asTheyCome: () => peerRate(asTheyCome),
    sorted: () => peerRate(sorted),
  },
  patience,
)
const named = {
  Valence: rounds.figures.valence,
  [`transformers.js, as they come, ${describe(asTheyCome)}`]: rounds.figures.asTheyCome,
  [`transformers.js, sorted, ${describe(sorted)}`]: rounds.figures.sorted,
}
printTable(["texts/s", "median", "min", "max"], figureRows(named))
const ratios = {
  asTheyCome: ratioOf(rounds.figures.valence, rounds.figures.asTheyCome),
  sorted: ratioOf(rounds.figures.valence, rounds.figures.sorted),
}
const against = describeRatio(ratios.asTheyCome)
printBar("against texts as they come, best batch size", ratios.asTheyCome.median, ">=", BARS[dtype], against)
console.log(`against texts that their caller sorts by length: ${describeRatio(ratios.sorted)}`)
const { tokens, paddedTokens } = classifier.stats
console.log(`Valence padded ${(100 * (paddedTokens / tokens - 1)).toFixed(1)} % of its tokens`)
const settings = { asTheyCome, sorted }
printEnd({ bench: "engines", model: classifier.model, dtype, ratios, settings, agreement }, rounds, flags.json)
for (const pipeline of pipelines.values()) await pipeline.close()
