/**
 * Which share of a core's practical peak a graph reaches, and where the rest goes:
 *
 *   npm run bench peak -- [--model MODEL] [--dtype int8|fp32] [--texts FILE]
 *
 * The practical peak is what the graph's linear layers take alone: products of the same shapes by the same operator of
 * ONNX Runtime, each in a session of its own, its weights and activations in place. They take turns with the graph, on
 * the micro-batches that the engine makes of the texts. Where the rest goes is ONNX Runtime's profile of the graph.
 * The silicon's peak is a loop of the CPU's best instruction for such products, without memory; it needs a C compiler.
 */
import { openSession } from "../../src/classifier/devices/open-session.ts"
import { readConfig } from "../../src/model/config.ts"
import { readModelText } from "../../src/model/read-file.ts"
import { runGraph } from "../../src/model/runtime/run-graph.ts"
import { readTokenizerText } from "../../src/model/tokenizer/find-tokenizer.ts"
import { findModel } from "../../src/store/store.ts"
import { readFlags } from "../../test/read-flags.ts"
import {
  commonFlags,
  describeRatio,
  figureRows,
  interleave,
  median,
  patienceOf,
  printBar,
  printEnd,
  printHead,
  printTable,
  ratioOf,
  secondsOf,
  showCount,
  textsFor,
} from "../harness.ts"
import { linearOperators } from "./lone-product.ts"
import { microBatchesOf } from "./micro-batches.ts"
import { gigaOps, openProducts, productsOf } from "./products.ts"
import { msOf, type NodeRun, profileGraph } from "./profile.ts"
import { bestInstruction, measureSilicon } from "./silicon.ts"

const LEAST_SHARE = 0.75
/** Of a run's time: operators that take less are told of together. */
const LEAST_TOLD = 0.005

const { values: flags } = readFlags({
  options: {
    ...commonFlags,
    model: { type: "string", default: "sentiment-small" },
    dtype: { type: "string", default: "int8" },
    "texts-a-round": { type: "string", default: "512" },
  },
})
const dtype = flags.dtype === "fp32" ? "fp32" : "int8"
const texts = await textsFor(Number(flags["texts-a-round"]), flags.texts)
const stored = await findModel(flags.model, dtype)
const config = readConfig(await readModelText(stored.config), stored.config)
const tokenizer = await readTokenizerText(stored.folder)
const batches = await microBatchesOf(texts, config, tokenizer)
const tokens = batches.reduce((sum, { rows, longest }) => sum + rows * longest, 0)

printHead(`The ${dtype} graph on one core against its linear layers alone`, {
  texts: flags.texts ?? "generated",
  model: `${stored.name}, revision ${stored.revision}`,
  "micro-batches": `${batches.length} of ${showCount(texts.length)} texts, ${(tokens / batches.length).toFixed(0)} padded tokens each`,
})
const profiled = await profileGraph(stored.graph, batches)
const products = productsOf(profiled, batches, dtype)
const alone = await openProducts(products, dtype)
const session = await openSession({
  graph: stored.graph,
  labels: config.labels.length,
  device: { name: "cpu:1", provider: "cpu", index: 0 },
  threads: 1,
  warmUp: [],
  warmUpMs: 0,
})
const work = products.reduce((sum, one) => sum + gigaOps(one), 0)
/** Seconds of each kind of product, round by round. */
const secondsAlone: number[][] = []
const rounds = await interleave(
  {
    alone: async () => {
      const seconds = await alone.measure()
      secondsAlone.push(seconds)
      return work / seconds.reduce((sum, one) => sum + one, 0)
    },
    graph: async () =>
      work /
      (await secondsOf(async () => {
        for (const batch of batches) await runGraph(session, batch)
      })),
  },
  patienceOf(flags, 9),
)

const silicon = await measureSilicon()
const fastestAlone = (index: number) => Math.min(...secondsAlone.map(seconds => seconds[index] as number))
console.log(
  "\nlinear layers, the fastest of their rounds and of the profiled graph's; a multiply-add counts as two operations",
)
printTable(
  ["inputs x outputs", "a micro-batch", "share of operations", "alone, GOP/s", "in the graph, GOP/s"],
  products.map((one, index) => [
    one.name,
    (one.runs.reduce((sum, { times }) => sum + times, 0) / batches.length).toFixed(0),
    percent(gigaOps(one) / work),
    showCount(gigaOps(one) / fastestAlone(index)),
    showCount((1000 * gigaOps(one)) / one.graphMs),
  ]),
)
printTable(
  ["GOP/s, linear layers' operations", "median", "min", "max"],
  figureRows({ "linear layers alone": rounds.figures.alone, "the whole graph": rounds.figures.graph }),
)
const best = bestInstruction(silicon, dtype)
if (best === undefined) console.log(`silicon: ${"unknown" in silicon ? silicon.unknown : `no ${dtype} loop`}`)
else {
  const shareOf = (rates: readonly number[]) => percent(median(rates) / best.gops)
  const { alone, graph } = rounds.figures
  console.log(`silicon, ${best.instruction}: ${showCount(best.gops)} GOP/s of CPU time`)
  console.log(`of the silicon: linear layers alone ${shareOf(alone)}, the whole graph ${shareOf(graph)}`)
}
const share = ratioOf(rounds.figures.graph, rounds.figures.alone)
printBar("share of the peak", share.median, ">=", LEAST_SHARE, describeRatio(share))

const runMs = msOf(profiled)
const byOperator = new Map<string, NodeRun[]>()
for (const node of profiled.flatMap(({ nodes }) => nodes)) {
  const alike = byOperator.get(node.operator)
  if (alike) alike.push(node)
  else byOperator.set(node.operator, [node])
}
const operators = [...byOperator]
  .map(([name, nodes]) => ({ name, nodes: nodes.length / batches.length, ms: msOf(nodes) }))
  .sort((a, b) => b.ms - a.ms)
const named = operators.filter(({ ms }) => ms >= LEAST_TOLD * runMs)
const others = operators.filter(({ ms }) => ms < LEAST_TOLD * runMs)
const aloneMs = products.reduce((sum, _, index) => sum + 1000 * fastestAlone(index), 0)
const row = (name: string, nodes: number | "", ms: number) => [
  name,
  nodes,
  (ms / batches.length).toFixed(2),
  percent(ms / runMs),
]
console.log("\na micro-batch in the graph, profiled")
printTable(
  ["operator", "nodes", "ms", "share of the run"],
  [
    ...named.flatMap(({ name, nodes, ms }) => [
      row(name, nodes, ms),
      ...(name === linearOperators[dtype] ? [row("  what they take alone", "", aloneMs)] : []),
    ]),
    row(
      `${others.length} others`,
      others.reduce((sum, { nodes }) => sum + nodes, 0),
      msOf(others),
    ),
    row("between nodes", "", runMs - msOf(operators)),
    row("together", "", runMs),
  ],
)
const profile = { microBatches: batches.length, tokens, runMs, linearAloneMs: aloneMs, operators }
printEnd({ bench: "peak", model: stored.name, dtype, share, silicon, products, profile }, rounds, flags.json)
await alone.close()
await session.release()

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
