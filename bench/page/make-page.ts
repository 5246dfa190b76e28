/**
 * Makes docs/performance.md, a page for each kind of CPU in docs/performance, the section How good of docs/reference/models.md, and their drawings, from
 * the figures that `npm run bench` took. It keeps these in bench/snapshot, in the folder of this machine's kind of CPU, where the next page finds what was
 * not measured again:
 *
 *   npm run bench:page
 */
import { readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { findModel } from "../../src/store/store.ts"
import { choicesSection, lossesSection } from "./advice-sections.ts"
import { type Figures, figuresOf, keepResults, measuredKinds } from "./figures.ts"
import { writeKindPage } from "./kind-page.ts"
import { type KindFigures, kindsSection } from "./kinds-section.ts"
import { qualitySection } from "./quality-section.ts"

const docs = new URL("../../docs/", import.meta.url).pathname
const kindsFolder = join(docs, "performance")

await keepResults()
const { revision } = await findModel("sentiment-small", "int8")
const kinds = await measuredKinds()
const measured: KindFigures[] = []
for (const kind of kinds) {
  await writeKindPage(kind, kindsFolder, revision)
  const read = figuresOf(kind)
  const engines = await read("engines")
  if (engines !== undefined) measured.push({ kind, engines, roofline: await read("roofline") })
}
if (measured.length === 0) throw new Error("bench/results must have figures: npm run bench -- --only engines")

const sections = [
  `# Performance
<!-- Made by npm run bench:page; change bench/page, not this file. -->

How fast Valence is next to other engines over the same checkpoint, by kind of CPU; what it loses at, and how to choose. Each kind has a page of its own with all figures and the command of each:
${kinds.map(kind => `[${kind}](performance/${kind}.md)`).join(", ")}.

\`\`\`sh
npm run bench:peers                        # sets the peers up: transformers.js, and a Python environment with PyTorch, onnxruntime, OpenVINO, JAX and MAX
npm run bench -- --texts dev.tsv           # all of it; --quick for less of everything, --only NAME,NAME for some
npm run bench:page                         # these pages, from the figures
npm run bench -- --check --texts dev.tsv   # the ratios that matter, against floors, in two to four minutes
\`\`\`

Machines are virtual and have other work too: contestants take turns within each round, ratios are medians of the rounds' ratios, and their spread is given. \`dev.tsv\` is SST-2's dev set, which is not in the
repository; without \`--texts\`, texts of the same lengths are generated. How figures are taken: [bench/README.md](../bench/README.md).
`,
  kindsSection(measured),
  lossesSection,
  choicesSection,
]
await writeFile(join(docs, "performance.md"), sections.join("\n"))
console.log(`wrote ${docs}performance.md and the pages of ${kinds.join(", ")}`)

/** Labels do not depend on the kind of CPU: the figures of the first kind that has them. */
async function qualityFigures<N extends "accuracy" | "calibration">(name: N): Promise<Figures[N] | undefined> {
  const figures = await Promise.all(kinds.map(kind => figuresOf(kind)(name)))
  return figures.find(one => one !== undefined)
}

const models = join(docs, "reference/models.md")
const quality = await qualitySection(await qualityFigures("accuracy"), await qualityFigures("calibration"), kindsFolder)
const [begin, end] = ["<!-- Made by npm run bench:page; change bench/page, not this section. -->\n", "<!-- End -->"]
const [before, , after] = (await readFile(models, "utf8")).split(new RegExp(`(?<=${begin})([^]*)(?=${end})`))
await writeFile(models, `${before}${quality.replaceAll('"performance/', '"../performance/')}${after}`)
