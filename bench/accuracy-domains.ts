/**
 * How many labels are right in each domain of examples/domains.csv: the bundled models beside AFINN-111 and npm's
 * vader-sentiment and sentiment:
 *
 *   npm run bench -- --only accuracy
 *
 * Two classes: the texts that are NEGATIVE or POSITIVE. Three classes: all texts. vader-sentiment is NEUTRAL between -0.05
 * and 0.05, as Vader's authors say, sentiment at 0; a NEUTRAL for a text that is not is wrong in both.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { parse } from "csv-parse/sync"
import Sentiment from "sentiment"
import type { LabelOptions } from "../src/index.ts"
import { readFlags } from "../test/read-flags.ts"
import { createClassifier, createLexiconLabeller } from "./built.ts"
import { machine, printHead, printTable } from "./harness.ts"
import { polarityOf } from "./lexicon/vader.ts"

const { values: flags } = readFlags({ options: { json: { type: "string" } } })
const file = new URL("../examples/domains.csv", import.meta.url)

interface Row {
  readonly domain: string
  readonly label: string
  readonly text: string
}

const rows = parse(readFileSync(file), { columns: true }) as readonly Row[]
const polar = rows.filter(({ label }) => label !== "NEUTRAL")
const domains = [...new Set(rows.map(({ domain }) => domain))]
const textsOf = (some: readonly Row[]) => some.map(({ text }) => text)

/** Gives each text a label. */
type Contestant = (texts: readonly string[]) => Promise<readonly string[]> | readonly string[]

function model(name: string, options: LabelOptions = {}): Contestant {
  return async texts => {
    await using classifier = await createClassifier({ model: name, dtype: "int8" })
    return labelsOf(await classifier.label(texts, options))
  }
}

async function afinn(texts: readonly string[]): Promise<readonly string[]> {
  await using labeller = await createLexiconLabeller({ model: "afinn-111" })
  return labelsOf(await labeller.label(texts))
}

function labelsOf(results: Awaited<ReturnType<Awaited<ReturnType<typeof createLexiconLabeller>>["label"]>>): string[] {
  return results.map(result => {
    if (result.error) throw new Error(result.error.message)
    return result.label
  })
}

const bySign = (score: number, least = 0) => (score > least ? "POSITIVE" : score < -least ? "NEGATIVE" : "NEUTRAL")
const sentiment = new Sentiment()
const lexicons: Readonly<Record<string, Contestant>> = {
  "afinn-111": afinn,
  "vader-sentiment": texts => texts.map(text => bySign(polarityOf(text), 0.05)),
  sentiment: texts => texts.map(text => bySign(sentiment.analyze(text).score)),
}
const contests = {
  "two classes": {
    rows: polar,
    contestants: {
      "sentiment-small": model("sentiment-small"),
      "sentiment3-small, two labels": model("sentiment3-small", { labels: ["NEGATIVE", "POSITIVE"] }),
      ...lexicons,
    },
  },
  "three classes": { rows, contestants: { "sentiment3-small": model("sentiment3-small"), ...lexicons } },
} satisfies Record<string, { rows: readonly Row[]; contestants: Readonly<Record<string, Contestant>> }>

printHead(`Right labels, %, of ${rows.length} texts in ${domains.length} domains`)
const figures: Record<string, Record<string, Record<string, number>>> = {}
for (const [contest, { rows, contestants }] of Object.entries(contests)) {
  const accuracies: Record<string, Record<string, number>> = {}
  for (const [name, label] of Object.entries<Contestant>(contestants)) {
    const given = await label(textsOf(rows))
    const right = (domain?: string) => {
      const places = [...rows.keys()].filter(at => domain === undefined || rows[at]?.domain === domain)
      return places.filter(at => given[at] === rows[at]?.label).length / places.length
    }
    const present = domains.filter(domain => rows.some(row => row.domain === domain))
    accuracies[name] = { ...Object.fromEntries(present.map(domain => [domain, right(domain)])), all: right() }
  }
  figures[contest] = accuracies
  const names = Object.keys(accuracies)
  const lines = Object.keys(accuracies[names[0] as string] ?? {}).map(domain => {
    const count = rows.filter(row => domain === "all" || row.domain === domain).length
    return [domain, count, ...names.map(name => (100 * (accuracies[name]?.[domain] ?? 0)).toFixed(1))]
  })
  console.log(`\n${contest}`)
  printTable(["domain", "texts", ...names], lines)
}
if (flags.json !== undefined)
  writeFileSync(
    flags.json,
    JSON.stringify({ bench: "accuracy", machine: machine(), texts: rows.length, figures }, undefined, 2),
  )
