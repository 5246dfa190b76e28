/**
 * Makes docs/performance.md, the section How good of docs/reference/models.md, and their drawings of the figures that `npm run bench` took, and lays these into
 * bench/snapshot, where the next page finds what was not measured again:
 *
 *   npm run bench:page
 */
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { findModel } from "../../src/store/store.ts"
import { capacitySection, choicesSection, footprintSection, lossesSection } from "./advice-sections.ts"
import { fairnessSection, growthSection, tokenBudgetSection } from "./cost-sections.ts"
import {
  agreementSection,
  dtypesSection,
  enginesSection,
  lexiconsSection,
  otherEnginesSection,
  singleTextSection,
} from "./engine-sections.ts"
import { type Figures, figuresOf } from "./figures.ts"
import { olderGraphNote } from "./older-graph.ts"
import { qualitySection } from "./quality-section.ts"
import { queueSection } from "./queue-section.ts"
import { rooflineSection } from "./roofline-section.ts"

const docs = new URL("../../docs/", import.meta.url).pathname
const drawings = join(docs, "performance")

const engines = await figuresOf("engines")
if (engines === undefined) throw new Error("bench/results must have figures: npm run bench -- --only engines")

/** A section, of figures that may not have been taken. */
async function section<N extends keyof Figures>(
  name: N,
  write: (figures: Figures[N], folder: string) => string | Promise<string>,
): Promise<string[]> {
  const figures = await figuresOf(name)
  if (figures === undefined) return []
  const written = await write(figures, drawings)
  const { cpu } = (figures as { readonly machine?: Readonly<Record<string, string>> }).machine ?? {}
  return cpu === undefined || cpu === engines?.machine["cpu"]
    ? [written]
    : [`${written}\nTaken on another machine: ${cpu}.\n`]
}

/** The figures of a question by its name, or nothing. */
async function known<N extends keyof Figures>(name: N): Promise<Partial<Pick<Figures, N>>> {
  const figures = await figuresOf(name)
  return figures === undefined ? {} : ({ [name]: figures } as Pick<Figures, N>)
}

const int8 = engines.ratios.find(({ dtype }) => dtype === "int8")
const roofline = await figuresOf("roofline")
const [growth, fleet, queue] = [await figuresOf("growth"), await figuresOf("fleet"), await figuresOf("queue")]
const capacity = {
  ...(growth === undefined ? {} : { growth }),
  ...(fleet === undefined ? {} : { fleet }),
  ...(queue === undefined ? {} : { queue }),
}
const machine = Object.entries({ ...engines.machine, ...engines.versions }).map(([name, value]) => `${name} ${value}`)
const sections = [
  `# Performance
<!-- Made by npm run bench:page; change bench/page, not this file. -->

How fast Valence is beside other engines over the same checkpoint, how its cost grows, what it loses at, and how to choose. Every figure is made by a command that stands beside it:

\`\`\`sh
npm run bench:peers                        # sets the peers up: transformers.js, and a Python environment with PyTorch, onnxruntime and MAX
npm run bench -- --texts dev.tsv           # all of it; --quick for less of everything, --only NAME,NAME for some
npm run bench:page                         # this page, of the figures
npm run bench -- --check --texts dev.tsv   # the ratios that matter, against floors, in two to four minutes
\`\`\`

Measured on: ${machine.join("; ")}. A virtual machine that other work used too: contestants take turns within each round, ratios are medians of the rounds' ratios, and their spread is told. \`dev.tsv\` is SST-2's dev set, which is not in the
repository; without \`--texts\`, texts of the same lengths are generated. How figures are taken: [bench/README.md](../bench/README.md).
${olderGraphNote(engines.versions["model"] ?? "", (await findModel("sentiment-small", "int8")).revision)}`,
  await enginesSection(engines, drawings),
  ...(await section("engines-mixed-lengths", figures =>
    otherEnginesSection(
      "engines-mixed-lengths",
      "Texts of all lengths",
      "The same model, and texts of 4 to 380 words: who batches them as they come computes padding for the most part.",
      figures,
    ),
  )),
  ...(await section("engines-base", figures =>
    otherEnginesSection(
      "engines-base --texts dev.tsv",
      "DistilBERT-base's geometry",
      "Random weights of the size of `distilbert-base-uncased-finetuned-sst-2-english`, which take as long as trained ones.",
      figures,
    ),
  )),
  ...(await section("dtypes", dtypesSection)),
  ...(await section("single-text", singleTextSection)),
  ...(await section("agreement", agreementSection)),
  ...(await section("growth", growthSection)),
  ...(await section("token-budget", tokenBudgetSection)),
  ...(roofline === undefined
    ? []
    : [await rooflineSection(roofline, await figuresOf("roofline-base"), int8, drawings)]),
  ...(await section("fairness", fairnessSection)),
  ...queueSection({
    ...(queue && { queue }),
    ...(await known("queue-shapes")),
    ...(await known("replies")),
    ...(await known("redis-memory")),
  }),
  ...(await section("lexicons", lexiconsSection)),
  footprintSection(await figuresOf("start-up"), await figuresOf("memory")),
  capacitySection(capacity),
  lossesSection(await figuresOf("single-text")),
  choicesSection,
]
await writeFile(join(docs, "performance.md"), sections.join("\n"))
console.log(`wrote ${docs}performance.md`)

const models = join(docs, "reference/models.md")
const quality = await qualitySection(await figuresOf("accuracy"), await figuresOf("calibration"), drawings)
const [begin, end] = ["<!-- Made by npm run bench:page; change bench/page, not this section. -->\n", "<!-- End -->"]
const [before, , after] = (await readFile(models, "utf8")).split(new RegExp(`(?<=${begin})([^]*)(?=${end})`))
await writeFile(models, `${before}${quality.replaceAll('"performance/', '"../performance/')}${after}`)
