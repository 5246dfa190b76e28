/**
 * Texts a second of the afinn-111 lexicon against npm's sentiment, interleaved in one process:
 *
 *   npm run bench lexicon -- [FILE]
 *
 * FILE is a .tsv with a header and a column named sentence or text, or any other file with one text a line. Without it,
 * texts are generated, with the word counts of SST-2's dev set and its share of words that AFINN-111 has.
 *
 * Each does what it does by default, over the same texts. sentiment: score, comparative and the words it found, from
 * AFINN-165; it looks single words up and so finds no phrases. Valence: label, score, and the words and phrases it found.
 */
import Sentiment from "sentiment"
import { createLexiconLabeller } from "../../src/lexicon/lexicon-labeller.ts"
import { generateTexts } from "../generate-texts.ts"
import { quantile, secondsOf } from "../harness.ts"
import { readTexts } from "../read-texts.ts"

const ROUNDS = 25
const WARM_UP_ROUNDS = 5
const TEXTS_A_ROUND = 20_000

function repeatTo(count: number, texts: readonly string[]): string[] {
  return Array.from({ length: count }, (_, i) => texts[i % texts.length] as string)
}

const file = process.argv[2]
const texts = repeatTo(TEXTS_A_ROUND, file === undefined ? await generateTexts(TEXTS_A_ROUND) : await readTexts(file))
await using labeller = await createLexiconLabeller({ model: "afinn-111" })
const peer = new Sentiment()
const runs = {
  valence: () => labeller.label(texts),
  sentiment: () => texts.map(text => peer.analyze(text)),
}

const rates = { valence: [] as number[], sentiment: [] as number[] }
for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
  const order = round % 2 === 0 ? (["valence", "sentiment"] as const) : (["sentiment", "valence"] as const)
  for (const name of order) {
    const rate = texts.length / (await secondsOf(runs[name]))
    if (round >= WARM_UP_ROUNDS) rates[name].push(rate)
  }
}

for (const [name, values] of Object.entries(rates))
  console.log(
    `${name.padEnd(10)} ${Math.round(quantile(values, 0.5)).toLocaleString("en")} texts/s (median of ${ROUNDS} rounds; ` +
      `10th to 90th percentile ${[0.1, 0.9].map(at => Math.round(quantile(values, at)).toLocaleString("en")).join(" to ")})`,
  )
const ratio = quantile(rates.valence, 0.5) / quantile(rates.sentiment, 0.5)
const ratios = rates.valence.map((rate, round) => rate / (rates.sentiment[round] as number))
console.log(
  `ratio of medians ${ratio.toFixed(2)} (round by round, 10th to 90th percentile ` +
    `${[0.1, 0.9].map(at => quantile(ratios, at).toFixed(2)).join(" to ")})`,
)
