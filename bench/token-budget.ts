/**
 * Texts a second by token budget and number of device children, to check the defaults of maxBatchTokens and of device:
 *
 *   npm run bench:token-budget -- [--texts FILE] [--dtype int8|fp32] [--children 1,2] [--budgets 128,256,512]
 */
import { availableParallelism } from "node:os"
import { parseArgs } from "node:util"
import { providerOf } from "../src/classifier/providers.ts"
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

const { values: flags } = parseArgs({
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
printTable(
  ["median texts/s; padding", ...budgets.map(String)],
  children.map(count => [
    `${count} ${count === 1 ? "child" : "children"}`,
    ...budgets.map(budget => {
      const name = `${count} x ${budget}`
      const { tokens = 1, paddedTokens = 1 } = opened.find(one => one.name === name)?.classifier.stats ?? {}
      return `${showCount(median(rounds.figures[name] ?? []))}; ${(100 * (paddedTokens / tokens - 1)).toFixed(1)} %`
    }),
  ]),
)
const [best] = Object.entries(rounds.figures).sort(([, a], [, b]) => median(b) - median(a))
console.log(`best: ${best?.[0]} (children x budget)`)
printEnd({ bench: "token-budget", dtype }, rounds, flags.json)
for (const { classifier } of opened) await classifier.close()
