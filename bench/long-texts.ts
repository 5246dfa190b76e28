/**
 * What windows make of long texts, and how long short texts wait beside one of 1 MB:
 *
 *   npm run bench long-texts -- --texts FILE
 *
 * FILE is a .tsv with the columns sentence (or text) and label. Long texts are made of it: 100 sentences each in random
 * order, 60 of them of the label that is right for the whole.
 */
import type { Classifier, LabelOptions, Lane } from "../src/index.ts"
import { readFlags } from "../test/read-flags.ts"
import { createClassifier } from "./built.ts"
import { printHead, printTable, showCount } from "./harness.ts"
import { readLabelledTexts } from "./read-texts.ts"

const DOCUMENTS = 100
const SENTENCES = 100
const SHARE = 0.6
const MEGABYTE = 1_000_000
const { values: flags } = readFlags({ options: { texts: { type: "string" } } })
if (flags.texts === undefined) throw new Error("--texts FILE must name a labelled file")
const lines = await readLabelledTexts(flags.texts)

/** The same numbers each time. */
function* randomNumbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    yield state / 2 ** 32
  }
}

const random = randomNumbers(7)
const draw = <T>(from: readonly T[]) => from[Math.floor(random.next().value * from.length)] as T
const sentencesOf = (label: string) => lines.filter(line => line.label === label).map(({ text }) => text)
const sentences = { 0: sentencesOf("0"), 1: sentencesOf("1") }

/** A text whose label is that of most of its sentences. */
function makeDocument(right: 0 | 1): string {
  const labels = Array.from({ length: SENTENCES }, (_, index) => (index < SENTENCES * SHARE ? right : 1 - right))
  const drawn = labels.map(label => ({ text: draw(sentences[label as 0 | 1]), at: random.next().value }))
  return drawn
    .sort((one, other) => one.at - other.at)
    .map(({ text }) => text)
    .join(" ")
}

const right = Array.from({ length: DOCUMENTS }, (_, index) => (index % 2) as 0 | 1)
const documents = right.map(makeDocument)

async function labelDocuments(classifier: Classifier, options: LabelOptions): Promise<(string | number)[]> {
  const before = classifier.stats
  const startedMs = performance.now()
  const results = await classifier.label(documents, options)
  const seconds = (performance.now() - startedMs) / 1000
  const hits = results.filter(
    (result, index) => !result.error && result.label === classifier.model.labels[right[index] ?? 0],
  ).length
  const tokens = classifier.stats.tokens - before.tokens
  const { maxLength = classifier.model.maxLength, longText = "truncate", pooling = "" } = options
  const figures = [((100 * hits) / DOCUMENTS).toFixed(1), showCount(tokens), seconds.toFixed(1)]
  return [longText, String(maxLength), pooling, ...figures]
}

/** How long single short texts take, one after the other, while something is the case; ms, in order. */
async function latencies(classifier: Classifier, goOn: (count: number) => boolean): Promise<number[]> {
  const times: number[] = []
  while (goOn(times.length)) {
    const startedMs = performance.now()
    await classifier.label([draw(lines).text])
    times.push(performance.now() - startedMs)
  }
  return times.sort((one, other) => one - other)
}

const quantile = (sorted: readonly number[], share: number) =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN).toFixed(1)

await using classifier = await createClassifier()
await classifier.label(documents.slice(0, 4))
printHead(`${DOCUMENTS} long texts of ${SENTENCES} sentences, ${SHARE * 100} % of them of the right label`)
const ways: LabelOptions[] = [
  {},
  ...[512, 128].flatMap(maxLength =>
    (["weighted", "mean", "max"] as const).map(pooling => ({ longText: "windows", maxLength, pooling }) as const),
  ),
]
const rows: (string | number)[][] = []
for (const way of ways) rows.push(await labelDocuments(classifier, { ...way, lane: "bulk" }))
printTable(["longText", "maxLength", "pooling", "right, %", "tokens computed", "s"], rows)

printHead("Single short texts beside a text of 1 MB in windows, ms")
const alone = await latencies(classifier, count => count < 300)

/** One text of 1 MB in windows, and short texts for as long as it takes. */
async function besideLong(lane: Lane): Promise<(string | number)[]> {
  let isDone = false
  const startedMs = performance.now()
  const text = documents.join(" ").repeat(10).slice(0, MEGABYTE)
  const long = classifier.label([text], { longText: "windows", lane }).finally(() => {
    isDone = true
  })
  const times = await latencies(classifier, () => !isDone)
  const [result] = await long
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
  const took = result?.error ? result.error.message : `${seconds} s for ${result?.windows} windows`
  return [lane, quantile(times, 0.5), quantile(times, 0.99), times.length, took]
}

const tableRows = [
  ["alone", quantile(alone, 0.5), quantile(alone, 0.99), alone.length, ""],
  await besideLong("bulk"),
  await besideLong("interactive"),
]
printTable(["the long text stands in lane", "p50", "p99", "short texts", "the long text took"], tableRows)
