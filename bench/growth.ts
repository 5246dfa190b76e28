/**
 * How cost grows, of the default model: seconds of a call with the number of its texts, microseconds of a token with the
 * length of the texts, texts a second with the number of device children. A million texts in a call take the model a quarter
 * of an hour, so a lexicon labels them:
 *
 *   npm run bench growth -- [--texts FILE] [--most-texts 100000]
 */
import { availableParallelism } from "node:os"
import type { Labeller } from "../src/labeller.ts"
import { readFlags } from "../test/read-flags.ts"
import { createClassifier, createLexiconLabeller } from "./built.ts"
import {
  commonFlags,
  interleave,
  median,
  patienceOf,
  printEnd,
  printHead,
  printTable,
  type Rounds,
  secondsOf,
  showCount,
  textsFor,
} from "./harness.ts"

/** Tokens of a text, special tokens included. */
const LENGTHS = [5, 16, 32, 64, 128, 256, 512]
/** Tokens of the texts of one length, together. */
const TOKENS_A_LENGTH = 16_384
const CHILDREN_TEXTS = 1744

const { values: flags } = readFlags({
  options: { ...commonFlags, "most-texts": { type: "string", default: "100000" } },
})
const patience = patienceOf(flags, 3)
const most = Number(flags["most-texts"])
const allCounts = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000]
const counts = allCounts.filter(count => count <= most)
const texts = await textsFor(most, flags.texts)

printHead("How cost grows: texts, tokens a text, device children", { texts: flags.texts ?? "generated" })

/** Calls on few texts are repeated, so that each figure stands for as many texts. */
const repeats = (count: number) => Math.max(1, Math.floor(200 / count))

/** Seconds of calls on so many texts each. */
async function measureCalls(labeller: Pick<Labeller, "label">, counts: readonly number[], texts: readonly string[]) {
  const rounds = await interleave(
    Object.fromEntries(
      counts.map(count => [
        String(count),
        async () => {
          const some = texts.slice(0, count)
          const seconds = await secondsOf(async () => {
            for (let time = 0; time < repeats(count); time++) await labeller.label(some)
          })
          return seconds / repeats(count)
        },
      ]),
    ),
    patience,
  )
  return { rounds, rows: counts.map(count => ({ texts: count, seconds: median(rounds.figures[count] ?? []) })) }
}

async function measureTexts() {
  await using classifier = await createClassifier({ dtype: "int8" })
  return await measureCalls(classifier, counts, texts)
}

async function measureLexicon() {
  await using lexicon = await createLexiconLabeller({ model: "afinn-111" })
  return await measureCalls(lexicon, allCounts, await textsFor(allCounts.at(-1) ?? 0, flags.texts))
}

async function measureLengths() {
  await using classifier = await createClassifier({ dtype: "int8" })
  const rounds = await interleave(
    Object.fromEntries(
      LENGTHS.map(length => {
        // Each word is one token; the two special tokens are not words.
        const text = Array.from({ length: length - 2 }, (_, index) => (index % 2 ? "film" : "good")).join(" ")
        const some = Array.from({ length: TOKENS_A_LENGTH / length }, () => text)
        return [String(length), async () => (await secondsOf(() => classifier.label(some))) / some.length]
      }),
    ),
    patience,
  )
  const rows = LENGTHS.map(length => {
    const seconds = median(rounds.figures[length] ?? [])
    return { tokens: length, textMs: 1000 * seconds, tokenMicroseconds: (1e6 * seconds) / length }
  })
  return { rounds, rows }
}

async function measureChildren() {
  const some = texts.slice(0, CHILDREN_TEXTS)
  const children = Array.from({ length: availableParallelism() }, (_, index) => index + 1)
  const opened = await Promise.all(children.map(count => createClassifier({ dtype: "int8", device: `cpu:${count}` })))
  const rounds = await interleave(
    Object.fromEntries(
      opened.map((classifier, index) => [
        String(index + 1),
        async () => some.length / (await secondsOf(() => classifier.label(some))),
      ]),
    ),
    patience,
  )
  for (const classifier of opened) await classifier.close()
  return { rounds, rows: children.map(count => ({ count, textsPerSecond: median(rounds.figures[count] ?? []) })) }
}

const byTexts = await measureTexts()
const byLexicon = await measureLexicon()
for (const [name, { rows }] of Object.entries({
  "texts in a call": byTexts,
  "texts in a call of a lexicon": byLexicon,
}))
  printTable(
    [name, "seconds", "texts/s"],
    rows.map(({ texts, seconds }) => [showCount(texts), seconds.toFixed(4), showCount(texts / seconds)]),
  )
const byTokens = await measureLengths()
printTable(
  ["tokens in a text", "ms a text", "µs a token"],
  byTokens.rows.map(({ tokens, textMs, tokenMicroseconds }) => [
    tokens,
    textMs.toFixed(3),
    tokenMicroseconds.toFixed(1),
  ]),
)
const byChildren = await measureChildren()
printTable(
  ["device children", "texts/s"],
  byChildren.rows.map(({ count, textsPerSecond }) => [count, showCount(textsPerSecond)]),
)
const all = [byTexts, byLexicon, byTokens, byChildren].map(({ rounds }): Rounds<string> => rounds)
printEnd(
  { bench: "growth", texts: byTexts.rows, lexicon: byLexicon.rows, tokens: byTokens.rows, children: byChildren.rows },
  {
    figures: {},
    otherLoad: all.flatMap(({ otherLoad }) => otherLoad),
    leftOut: all.reduce((sum, { leftOut }) => sum + leftOut, 0),
  },
  flags.json,
)
