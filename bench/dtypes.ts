/**
 * How much faster int8 is than fp32, both Valence's own graphs of one checkpoint:
 *
 *   npm run bench dtypes -- [--model MODEL] [--texts FILE]
 *
 * It is measured in two ways, which take turns. Wall time is what a caller gets: `label()` with one device child,
 * tokenising included. CPU time is what one thread of this process spends in the graph, on the micro-batches that the
 * engine makes of the same texts: other processes take time from the first, and hardly change the second.
 */
import { openSession } from "../src/classifier/devices/open-session.ts"
import { readConfig } from "../src/model/config.ts"
import { readModelText } from "../src/model/read-file.ts"
import { runGraph } from "../src/model/runtime/run-graph.ts"
import { readTokenizerText } from "../src/model/tokenizer/find-tokenizer.ts"
import { findModel } from "../src/store/store.ts"
import { readFlags } from "../test/read-flags.ts"
import { createClassifier } from "./built.ts"
import {
  commonFlags,
  describeRatio,
  figureRows,
  interleave,
  patienceOf,
  printBar,
  printEnd,
  printHead,
  printTable,
  ratioOf,
  secondsOf,
  showCount,
  textsFor,
} from "./harness.ts"
import { microBatchesOf } from "./peak/micro-batches.ts"

const LEAST_RATIO = 1.5

const { values: flags } = readFlags({
  options: {
    ...commonFlags,
    model: { type: "string", default: "sentiment-small" },
    "texts-a-round": { type: "string", default: "872" },
  },
})
const texts = await textsFor(Number(flags["texts-a-round"]), flags.texts)
const [int8, fp32] = [await openBoth("int8"), await openBoth("fp32")]

printHead(`int8 against fp32, ${showCount(texts.length)} texts a round`, {
  texts: flags.texts ?? "generated",
  model: `${int8.model}; fp32: ${fp32.model}`,
})
const rounds = await interleave(
  { int8Wall: int8.wallRate, fp32Wall: fp32.wallRate, int8Cpu: int8.cpuRate, fp32Cpu: fp32.cpuRate },
  patienceOf(flags, 9),
)
const { int8Wall, fp32Wall, int8Cpu, fp32Cpu } = rounds.figures
printTable(
  ["texts/s", "median", "min", "max"],
  figureRows({
    "int8, wall time of label()": int8Wall,
    "fp32, wall time of label()": fp32Wall,
    "int8, CPU time of the graph's thread": int8Cpu,
    "fp32, CPU time of the graph's thread": fp32Cpu,
  }),
)
const ratios = { wall: ratioOf(int8Wall, fp32Wall), cpu: ratioOf(int8Cpu, fp32Cpu) }
printBar("int8 / fp32, CPU time of the graph", ratios.cpu.median, ">=", LEAST_RATIO, describeRatio(ratios.cpu))
console.log(`int8 / fp32, wall time of label(): ${describeRatio(ratios.wall)}`)
printEnd({ bench: "dtypes", model: flags.model, textsARound: texts.length, ratios }, rounds, flags.json)
for (const { close } of [int8, fp32]) await close()

/** A graph as a classifier with one child, and as a session of this process. */
async function openBoth(dtype: "int8" | "fp32") {
  const stored = await findModel(flags.model, dtype)
  const config = readConfig(await readModelText(stored.config), stored.config)
  const batches = await microBatchesOf(texts, config, await readTokenizerText(stored.folder))
  const session = await openSession({
    graph: stored.graph,
    labels: config.labels.length,
    device: { name: "cpu:1", provider: "cpu", index: 0 },
    threads: 1,
    warmUp: [],
    warmUpMs: 0,
  })
  const classifier = await createClassifier({ model: flags.model, dtype, device: "cpu:1" })
  return {
    model: `${stored.name}, revision ${stored.revision}`,
    wallRate: async () => texts.length / (await secondsOf(() => classifier.label(texts))),
    cpuRate: async () => {
      const before = process.cpuUsage()
      for (const batch of batches) await runGraph(session, batch)
      const { user, system } = process.cpuUsage(before)
      return (1e6 * texts.length) / (user + system)
    },
    close: () => classifier.close(),
  }
}
