import { readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/*
 * Builds the int8 graphs of bundled models that git leaves out for its size: weights and scales give the same bytes on
 * any CPU, in seconds. A graph that is newer than both is kept.
 */
const models = fileURLToPath(new URL("../models", import.meta.url))
const modified = file => statSync(file, { throwIfNoEntry: false })?.mtimeMs

for (const { name } of readdirSync(models, { withFileTypes: true }).filter(entry => entry.isDirectory())) {
  const folder = join(models, name)
  const [graph, scales, weights] = ["model.int8.onnx", "model.int8.scales.json", "model.safetensors"].map(file =>
    join(folder, file),
  )
  const sources = Math.max(modified(scales) ?? Infinity, modified(weights) ?? Infinity)
  if (sources === Infinity || (modified(graph) ?? 0) >= sources) continue
  const [{ readCheckpoint }, { buildInt8 }, { readScales }, { replaceFile }] = await Promise.all(
    ["graph/weights/checkpoint", "graph/build", "graph/int8/scales", "files/replace-file"].map(
      file => import(`../dist/${file}.js`),
    ),
  )
  const checkpoint = await readCheckpoint(folder)
  const built = buildInt8(checkpoint.config, checkpoint.weights, readScales(readFileSync(scales, "utf8"), scales))
  await replaceFile(graph, built)
}
