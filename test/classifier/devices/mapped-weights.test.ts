import { existsSync, readFileSync, symlinkSync } from "node:fs"
import { expect, it } from "vitest"
import { type MappedGraph, mapWeights } from "../../../src/classifier/devices/mapped-weights.ts"
import { openSession } from "../../../src/classifier/devices/open-session.ts"
import { fromPackageRoot } from "../../../src/files/package-root.ts"
import { GraphBuilder } from "../../../src/graph/onnx/graph-builder.ts"
import { microBatch } from "../../../src/model/micro-batch.ts"
import { InferenceSession, Tensor } from "../../../src/model/runtime/onnx-runtime.ts"
import { runGraph } from "../../../src/model/runtime/run-graph.ts"
import { TemporaryFolder } from "../../corpus/temporary-folder.ts"

const bundled = fromPackageRoot("models/sentiment-small/model.int8.onnx")
const table = Float32Array.from({ length: 40_000 }, (_, index) => index / 8)

/** A graph that gives rows of a table of floats; its name moves the table by so many bytes. */
function tableGraph(name: string): Uint8Array {
  const graph = new GraphBuilder("float32")
  const ids = graph.input("ids", "int32", ["rows"])
  graph.node("y", "Gather", [graph.constant("table", table, [400, 100]), ids])
  graph.output("y", "float32", ["rows", 100])
  return graph.encode({ name, producerVersion: "" })
}

const open = ({ model, folder }: MappedGraph) =>
  InferenceSession.create(model, { extra: { session: { model_external_initializers_file_folder_path: folder } } })

it("mapWeights of the bundled graph - leaves its weights in the file, and its logits are the same bits", async () => {
  const mapped = mapWeights(bundled) as MappedGraph
  expect(mapped.model.length).toBeLessThan(1_000_000)
  const session = await open(mapped)
  if (existsSync("/proc/self/maps")) expect(readFileSync("/proc/self/maps", "utf8")).toContain(bundled)
  const batch = microBatch([Int32Array.of(101, 1045, 2293, 2009, 102), Int32Array.of(101, 2919, 102)], 0)
  const copied = await InferenceSession.create(bundled)
  expect(await runGraph(session, batch)).toEqual(await runGraph(copied, batch))
  for (const one of [session, copied]) await one.release()
})

it("mapWeights of our graphs - maps floats at any address", async () => {
  using folder = new TemporaryFolder()
  for (const name of ["t", "ta", "tab", "tabl"]) {
    const file = folder.write("graph.onnx", tableGraph(name))
    const mapped = mapWeights(file) as MappedGraph
    expect(mapped.model.length).toBeLessThan(1000)
    const session = await open(mapped)
    const { y } = await session.run({ ids: new Tensor("int32", Int32Array.of(399, 0), [2]) })
    expect((y as Tensor).data).toEqual(Float32Array.of(...table.subarray(39_900), ...table.subarray(0, 100)))
    await session.release()
  }
})

it("mapWeights of another program's graph - maps floats only if they are aligned", () => {
  using folder = new TemporaryFolder()
  const mapped = ["t", "ta", "tab", "tabl"].filter(name => {
    const bytes = Buffer.from(tableGraph(name))
    bytes.write("another", bytes.indexOf("valence"))
    return mapWeights(folder.write(`${name}.onnx`, bytes))
  })
  expect(mapped).toHaveLength(1)
})

it("mapWeights through a link - names the file that the link leads to", () => {
  using folder = new TemporaryFolder()
  const link = folder.at("link")
  symlinkSync(folder.write("graph.onnx", readFileSync(bundled)), link)
  expect(Buffer.from(mapWeights(link)?.model ?? []).includes("graph.onnx")).toBe(true)
})

it("mapWeights of what is no graph, of half a graph, of a small graph or of no file - gives nothing", () => {
  using folder = new TemporaryFolder()
  const graph = readFileSync(bundled)
  for (const bytes of [Buffer.from("no graph"), graph.subarray(0, graph.length / 2), graph.subarray(0, 0)])
    expect(mapWeights(folder.write("graph.onnx", bytes))).toBeUndefined()
  expect(mapWeights(fromPackageRoot("test/golden/distilbert-tiny/model.safetensors"))).toBeUndefined()
  expect(mapWeights(folder.at("missing.onnx"))).toBeUndefined()
})

it("openSession with half a graph - says what is wrong with it", async () => {
  using folder = new TemporaryFolder()
  const graph = folder.write("graph.onnx", readFileSync(bundled).subarray(0, 1_000_000))
  const device = { name: "cpu:1", provider: "cpu", index: 0 }
  const opening = openSession({ graph, labels: 2, device, threads: 1, warmUp: [], warmUpMs: 0 })
  await expect(opening).rejects.toThrow(`graph ${graph} cannot be used`)
})
