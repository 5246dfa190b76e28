/*
 * Checks graphs on the CPU that runs this, in the package whose folder it is run in:
 *
 *   node check-graphs.mjs SOURCE MODEL
 *
 * SOURCE is a checkpoint with golden logits, MODEL a folder with its int8 graph. No TypeScript: nothing but Node runs on
 * an emulated CPU.
 */
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"

const load = path => import(pathToFileURL(resolve("dist", path)).href)
const { buildFp32 } = await load("graph/build.js")
const { readCheckpoint } = await load("graph/weights/checkpoint.js")
const { openGraph } = await load("graph/onnx/open-graph.js")
const { padded } = await load("model/micro-batch.js")
const { runGraph } = await load("model/runtime/run-graph.js")

/** Texts of Hugging Face's logits that are run, the shortest ones. */
const GOLDEN_TEXTS = 8

const [source, model] = process.argv.slice(2)
const { config, weights } = await readCheckpoint(model)
const golden = JSON.parse(readFileSync(join(model, "golden.json"), "utf8"))
const rows = golden.rows.toSorted((a, b) => a.inputIds.length - b.inputIds.length).slice(0, GOLDEN_TEXTS)
const encodings = rows.map(({ inputIds }) => Int32Array.from(inputIds))
const labels = config.labels.length

const run = (session, batch) => runGraph(session, padded(batch, config.padId))
const farthest = (got, expected) => Math.max(...expected.map((logit, label) => Math.abs(logit - got[label])))
const best = logits => logits.indexOf(Math.max(...logits))

const fp32 = await openGraph(buildFp32(config, weights))
const int8 = await openGraph(readFileSync(join(model, "model.int8.onnx")))
let [fp32Farthest, int8Farthest, flips] = [0, 0, 0]
const alone = []
for (const [index, { logits }] of rows.entries()) {
  fp32Farthest = Math.max(fp32Farthest, farthest(await run(fp32, [encodings[index]]), logits))
  const got = await run(int8, [encodings[index]])
  int8Farthest = Math.max(int8Farthest, farthest(got, logits))
  if (best([...got]) !== best(logits)) flips += 1
  alone.push(Buffer.from(got.slice().buffer))
}
assert.ok(fp32Farthest < 1e-4, `fp32 logits are off by ${fp32Farthest}`)
assert.ok(flips <= 1, `int8 gives ${flips} of ${rows.length} texts another label than Hugging Face's model`)

for (const batch of [[...rows.keys()], [rows.length - 1, 0, 3], [0, rows.length - 1]]) {
  const together = await run(
    int8,
    batch.map(index => encodings[index]),
  )
  for (const [row, index] of batch.entries()) {
    const logits = Buffer.from(together.slice(row * labels, (row + 1) * labels).buffer)
    assert.ok(logits.equals(alone[index]), `text ${index} has other int8 logits in a batch than alone`)
  }
}
const figures = `fp32 logits within ${fp32Farthest.toExponential(1)}, int8 within ${int8Farthest.toFixed(3)}`
console.log(`${source}: ${figures} of Hugging Face's, ${flips} labels differ, bit-identical in batches`)
