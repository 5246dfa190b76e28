import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { type CpuKind, cpuKinds } from "../cpu-kind.ts"
import { capacitySection, footprintSection, singleTextLoss } from "./advice-sections.ts"
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
import { queueSection } from "./queue-section.ts"
import { rooflineSection } from "./roofline-section.ts"

/**
 * Writes the page of one kind of CPU, `KIND.md`, and its drawings, in a folder of the same name next to it.
 *
 * @param folder - of the pages of all kinds
 * @param revision - of the bundled model of today
 */
export async function writeKindPage(kind: CpuKind, folder: string, revision: string): Promise<void> {
  const read = figuresOf(kind)
  const drawings = join(folder, kind)
  const engines = await read("engines")
  const machine = engines?.machine ?? {}

  /** A section of figures that may not have been taken. */
  async function section<N extends keyof Figures>(
    name: N,
    write: (figures: Figures[N], folder: string) => string | Promise<string>,
  ): Promise<string[]> {
    const figures = await read(name)
    if (figures === undefined) return []
    const written = await write(figures, drawings)
    const { cpu } = (figures as { readonly machine?: Readonly<Record<string, string>> }).machine ?? {}
    return cpu === undefined || cpu === machine["cpu"] ? [written] : [`${written}\nTaken on another machine: ${cpu}.\n`]
  }

  const [roofline, base] = [await read("roofline"), await read("roofline-base")]
  const int8 = engines?.ratios.find(({ dtype }) => dtype === "int8")
  const versions = Object.entries({ ...machine, ...engines?.versions }).map(([name, value]) => `${name} ${value}`)
  const sections = [
    `# Performance on ${cpuKinds[kind]}
<!-- Made by npm run bench:page; change bench/page, not this file. -->

The figures of one machine whose best instructions are ${cpuKinds[kind]}. [performance.md](../performance.md) compares kinds of CPU, and says how figures are taken, what Valence loses at, and how to choose.

Measured on: ${versions.join("; ")}.
${olderGraphNote(engines?.versions["model"] ?? "", revision)}`,
    ...(await section("engines", enginesSection)),
    ...(await section("engines-mixed-lengths", figures =>
      otherEnginesSection(
        "engines-mixed-lengths",
        "Texts of all lengths",
        "The same model, and texts of 4 to 380 words: batches of texts as they come are padding for the most part.",
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
    ...(await section("single-text", singleTextLoss)),
    ...(await section("agreement", agreementSection)),
    ...(await section("growth", growthSection)),
    ...(await section("token-budget", tokenBudgetSection)),
    ...(roofline === undefined ? [] : [await rooflineSection(roofline, base, int8, drawings)]),
    ...(await section("fairness", fairnessSection)),
    ...queueSection({
      queue: await read("queue"),
      "queue-shapes": await read("queue-shapes"),
      replies: await read("replies"),
      "redis-memory": await read("redis-memory"),
    }),
    ...(await section("lexicons", lexiconsSection)),
    footprintSection({
      startUp: await read("start-up"),
      memory: await read("memory"),
      processes: await read("process-memory"),
    }),
    capacitySection({ growth: await read("growth"), fleet: await read("fleet"), queue: await read("queue") }),
  ]
  await writeFile(join(folder, `${kind}.md`), sections.filter(Boolean).join("\n"))
}
