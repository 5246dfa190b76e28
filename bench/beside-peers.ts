/**
 * Texts a second of Valence beside every other engine over the same checkpoint, tokenising included:
 *
 *   npm run bench beside-peers -- [--texts FILE | --mixed-lengths] [--model FOLDER] [--no-python] [--engines NAME,NAME]
 *
 * `npm run bench:peers` sets the peers up. Those whose caller makes the batches are measured three ways: one text a run,
 * batches in the order of the texts, and batches of texts sorted by length; their batch size is the best of a few, tried
 * beforehand; --batches-only leaves out one text a run. Valence is handed all texts at once. Each is checked against golden logits before it is timed.
 *
 * A round of all takes minutes, over which a machine that others use too changes. So the ratios come from finals: Valence
 * and the two peers that came nearest, each with every batch size, take turns alone.
 */

import { readFlags } from "../test/read-flags.ts"
import { generateEnglishTexts } from "./generate-texts.ts"
import {
  commonFlags,
  describeRatio,
  figureRows,
  interleave,
  median,
  type Patience,
  patienceOf,
  printBar,
  printEnd,
  printHead,
  printTable,
  type Rounds,
  ratioOf,
  showCount,
  textsFor,
  waitForQuiet,
} from "./harness.ts"
import { chosenEngines, type Engine, engineFlags, fullName, ONE_BY_ONE, openEngines, VALENCE } from "./peers/engines.ts"
import type { Batching } from "./peers/open-pipeline.ts"

const BATCH_SIZES = [8, 32, 64]
const TRIES = 2
/** Of neighbours by length: short ones, long ones, and some between. */
const LEAST_RUNS = 4
/** Peers that are in a final. */
const FINALISTS = 2
const BARS = { int8: 1.5, fp32: 1.4 } as const

const { values: flags } = readFlags({
  options: {
    ...commonFlags,
    ...engineFlags,
    "mixed-lengths": { type: "boolean", default: false },
    "batches-only": { type: "boolean", default: false },
    "texts-a-round": { type: "string", default: "1744" },
    "texts-a-try": { type: "string", default: "218" },
    "texts-a-final": { type: "string" },
    "final-rounds": { type: "string", default: "7" },
  },
})
const patience = patienceOf(flags, 5)
const count = Number(flags["texts-a-round"])
const manyTexts = (count: number) =>
  flags["mixed-lengths"] ? generateEnglishTexts(count, "mixed") : textsFor(count, flags.texts)
const texts = await manyTexts(count)
/** Few texts make few micro-batches, and children that end at different times. */
const finalTexts = await manyTexts(Number(flags["texts-a-final"] ?? count))
const { engines, absent } = await openEngines(chosenEngines(flags))

/** One way to use an engine. */
interface Way {
  readonly engine: Engine
  readonly order: "all at once" | "one by one" | "as they come" | "sorted"
  readonly batching: Batching
}

/**
 * Texts to try batch sizes on. How much of a sorted batch is padding depends on how many texts were sorted, so these are
 * runs of neighbours among all of them by length, each a whole number of batches.
 */
function textsToTry(sorted: boolean): readonly string[] {
  const count = Number(flags["texts-a-try"])
  if (!sorted) return texts.slice(0, count)
  const run = Math.max(...BATCH_SIZES)
  const runs = Math.min(Math.max(LEAST_RUNS, Math.round(count / run)), Math.floor(texts.length / run))
  const byLength = texts.toSorted((a, b) => a.length - b.length)
  const first = (index: number) => Math.round((index * (texts.length - run)) / Math.max(1, runs - 1))
  return Array.from({ length: runs }, (_, index) => byLength.slice(first(index), first(index) + run)).flat()
}

/** The batch size at which an engine labels most texts a second. */
async function bestBatching(engine: Engine, sorted: boolean): Promise<Batching> {
  const some = textsToTry(sorted)
  const tried = BATCH_SIZES.map(batchSize => ({ batching: { batchSize, sorted }, seconds: Infinity }))
  const patientUntilMs = performance.now() + 1000 * Math.min(10, patience.patienceS)
  for (let time = 0; time < TRIES; time++)
    for (const one of tried) {
      await waitForQuiet(patientUntilMs)
      one.seconds = Math.min(one.seconds, (await engine.label(some, one.batching)).seconds)
    }
  return tried.reduce((best, one) => (one.seconds < best.seconds ? one : best)).batching
}

async function waysOf(engine: Engine): Promise<Way[]> {
  if (engine.name === VALENCE) return [{ engine, order: "all at once", batching: ONE_BY_ONE }]
  const oneByOne = { engine, order: "one by one", batching: ONE_BY_ONE } as const
  if (!engine.takesBatches) return [oneByOne]
  return [
    ...(flags["batches-only"] ? [] : [oneByOne]),
    { engine, order: "as they come", batching: await bestBatching(engine, false) },
    { engine, order: "sorted", batching: await bestBatching(engine, true) },
  ]
}

printHead(`Valence beside its peers, ${showCount(texts.length)} texts a round`, {
  ...Object.assign({}, ...engines.map(({ versions }) => versions)),
  texts: flags["mixed-lengths"] ? "generated, of 4 to 380 words" : (flags.texts ?? "generated"),
})
const ways: Way[] = []
for (const engine of engines) ways.push(...(await waysOf(engine)))
const nameOf = ({ engine, order, batching }: Way) =>
  `${fullName(engine)}, ${order}${batching.batchSize === 1 ? "" : `, batches of ${batching.batchSize}`}`
/** Texts a second of ways that take turns. */
const measure = (ways: readonly Way[], texts: readonly string[], patience: Patience) =>
  interleave(
    Object.fromEntries(
      ways.map(way => [nameOf(way), async () => texts.length / (await way.engine.label(texts, way.batching)).seconds]),
    ),
    patience,
  )
const rounds = await measure(ways, texts, patience)
printTable(["texts/s", "median", "min", "max"], figureRows(rounds.figures))
for (const { reason, ...one } of absent) console.log(`absent: ${fullName(one)}: ${reason}`)

/** Valence with one precision against the best of some peers. */
async function againstBest(dtype: "int8" | "fp32", peers: readonly Way[]) {
  const valence = ways.find(({ engine }) => engine.name === VALENCE && engine.dtype === dtype)
  if (valence === undefined || peers.length === 0) return []
  const nearest = finalists(peers)
  const final = await measure([valence, ...nearest], finalTexts, { ...patience, rounds: Number(flags["final-rounds"]) })
  printTable([`${dtype}, the final`, "median", "min", "max"], figureRows(final.figures))
  const best = nameOf(bestFirst(nearest, final)[0] as Way)
  const ratio = ratioOf(final.figures[nameOf(valence)] ?? [], final.figures[best] ?? [])
  printBar(`Valence ${dtype} / ${best}`, ratio.median, ">=", BARS[dtype], describeRatio(ratio))
  return [{ dtype, best, bar: BARS[dtype], ratio, final }]
}

/** The best way of each of the best peers, with every batch size: which is best is closer than a try can tell. */
function finalists(peers: readonly Way[]): Way[] {
  const ofEngines = new Map(
    bestFirst(peers, rounds)
      .toReversed()
      .map(way => [way.engine, way]),
  )
  return bestFirst([...ofEngines.values()], rounds)
    .slice(0, FINALISTS)
    .flatMap(way => {
      if (way.batching.batchSize === 1) return [way]
      return BATCH_SIZES.map(batchSize => ({ ...way, batching: { ...way.batching, batchSize } }))
    })
}

const bestFirst = (ways: readonly Way[], { figures }: Rounds<string>): Way[] =>
  ways.toSorted((a, b) => median(figures[nameOf(b)] ?? []) - median(figures[nameOf(a)] ?? []))

const peers = ways.filter(({ engine }) => engine.name !== VALENCE)
const ratios = [
  ...(await againstBest("int8", peers)),
  ...(await againstBest(
    "fp32",
    peers.filter(({ engine }) => engine.dtype === "fp32"),
  )),
]
const described = ways.map(way => ({
  key: nameOf(way),
  name: way.engine.name,
  dtype: way.engine.dtype,
  order: way.order,
  batchSize: way.batching.batchSize,
}))
const versions = Object.assign({}, ...engines.map(one => one.versions))
printEnd(
  { bench: "beside-peers", textsARound: texts.length, versions, ways: described, absent, ratios },
  rounds,
  flags.json,
)
for (const engine of engines) await engine.close()
