/**
 * Texts a second by token budget and number of device children, to check the defaults of maxBatchTokens and of device:
 *
 *   npm run bench token-budget -- [--texts FILE] [--dtype int8|fp32] [--children 1,2] [--budgets 128,256,512]
 */
import { readFile } from "node:fs/promises"
import { availableParallelism } from "node:os"
import { providerOf } from "../src/classifier/plan/providers.ts"
import { createTokenizer } from "../src/model/tokenizer/tokenizer.ts"
import { readFlags } from "../test/read-flags.ts"
import { createClassifier } from "./built.ts"
import {
  commonFlags,
  interleave,
  median,
  patienceOf,
  printEnd,
  printHead,
  printTable,
  secondsOf,
  showCount,
  textsFor,
} from "./harness.ts"

const CALLERS_BATCH = 32

const { values: flags } = readFlags({
  options: {
    ...commonFlags,
    dtype: { type: "string", default: "int8" },
    budgets: { type: "string", default: "128,256,512,1024,2048,4096" },
    children: { type: "string", default: [...new Set([1, availableParallelism()])].join(",") },
    "texts-a-round": { type: "string", default: "1744" },
  },
})
const numbers = (list: string) => list.split(",").map(Number)
const [budgets, children] = [numbers(flags.budgets), numbers(flags.children)]
const dtype = flags.dtype === "fp32" ? "fp32" : "int8"
const texts = await textsFor(Number(flags["texts-a-round"]), flags.texts)
const settings = children.flatMap(count => budgets.map(budget => ({ count, budget, name: `${count} x ${budget}` })))

printHead(`Texts/s by token budget and device children (${dtype}), ${showCount(texts.length)} texts a round`, {
  texts: flags.texts ?? "generated",
  default: `maxBatchTokens ${providerOf("cpu").maxBatchTokens}`,
})
const opened = await Promise.all(
  settings.map(async ({ count, budget, name }) => ({
    name,
    classifier: await createClassifier({ dtype, device: `cpu:${count}`, maxBatchTokens: budget }),
  })),
)
const rounds = await interleave(
  Object.fromEntries(
    opened.map(({ name, classifier }) => [
      name,
      async () => texts.length / (await secondsOf(() => classifier.label(texts))),
    ]),
  ),
  patienceOf(flags, 7),
)
/** Tokens that are padding, of those that are texts'. */
const padding = Object.fromEntries(
  opened.map(({ name, classifier: { stats } }) => [name, stats.paddedTokens / stats.tokens - 1]),
)
printTable(
  ["median texts/s; padding", ...budgets.map(String)],
  children.map(count => [
    `${count} ${count === 1 ? "child" : "children"}`,
    ...budgets.map(budget => {
      const name = `${count} x ${budget}`
      return `${showCount(median(rounds.figures[name] ?? []))}; ${(100 * (padding[name] ?? 0)).toFixed(1)} %`
    }),
  ]),
)
const arrangements = await arrangedPadding(texts)
printTable(
  ["padding of a caller's batches", "32 texts"],
  Object.entries(arrangements).map(([name, share]) => [name, `${(100 * share).toFixed(1)} %`]),
)
const [best] = Object.entries(rounds.figures).sort(([, a], [, b]) => median(b) - median(a))
console.log(`best: ${best?.[0]} (children x budget)`)
printEnd({ bench: "token-budget", dtype, padding, arrangements }, rounds, flags.json)
for (const { classifier } of opened) await classifier.close()

/** What batches of 32 texts are padded by, as the texts come and sorted by length, as callers of other engines make them. */
async function arrangedPadding(texts: readonly string[]): Promise<Record<"as they come" | "sorted", number>> {
  const file = new URL("../models/sentiment-small/tokenizer.json", import.meta.url).pathname
  const tokenizer = await createTokenizer(await readFile(file, "utf8"), file)
  const lengths = (await tokenizer.encode(texts, Infinity)).map(({ tokens }) => tokens)
  const paddingOf = (lengths: readonly number[]) => {
    let padded = 0
    for (let from = 0; from < lengths.length; from += CALLERS_BATCH) {
      const batch = lengths.slice(from, from + CALLERS_BATCH)
      padded += batch.length * Math.max(...batch)
    }
    return padded / lengths.reduce((sum, length) => sum + length, 0) - 1
  }
  return { "as they come": paddingOf(lengths), sorted: paddingOf(lengths.toSorted((a, b) => a - b)) }
}
