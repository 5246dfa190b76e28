import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { describe, expect, it } from "vitest"

/** What each folder of `src/` may import besides itself and the files that lie in `src/` itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  classifier: ["hub", "model", "store"],
  cli: [
    "classifier",
    "corpus",
    "doctor",
    "graph",
    "http",
    "hub",
    "labellers",
    "lexicon",
    "metrics",
    "model",
    "producer",
    "queue",
    "store",
    "worker",
  ],
  corpus: ["lock"],
  doctor: ["classifier", "graph", "lexicon", "model", "queue", "store"],
  files: [],
  graph: ["model", "store"],
  http: ["corpus", "metrics", "producer", "queue"],
  hub: ["graph", "lock", "model", "store"],
  labellers: ["classifier", "lexicon"],
  lexicon: [],
  lock: [],
  metrics: ["queue"],
  model: [],
  producer: ["queue"],
  queue: [],
  store: ["model"],
  worker: ["queue"],
}

/** The rooms of a folder, each of which may import those before it, and the files that lie in the folder itself. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  classifier: ["plan", "devices", "batcher", "tuning"],
  cli: ["show", "parts", "commands"],
  corpus: ["bytes", "files", "encoding", "records", "rows", "write", "parquet", "read", "run", "report", "evaluate"],
  graph: ["onnx", "weights", "layers", "int8"],
  http: ["hooks", "dialects", "corpus", "jobs", "batches", "routes"],
  model: ["families", "runtime", "tokenizer"],
  queue: ["redis", "jobs", "dead", "worker", "status"],
}

/** Files side by side, above which nobody finds one by reading their names. */
const mostFiles = 20

const sources = () =>
  readdirSync("src", { recursive: true, encoding: "utf8" })
    .filter(file => file.endsWith(".ts"))
    .map(file => `src/${file}`)

const importsOf = (file: string) =>
  [...readFileSync(file, "utf8").matchAll(/\b(?:from|import)\s*\(?\s*(["'])(\.[^"']+)\1/g)].map(([, , path]) =>
    normalize(join(dirname(file), path ?? "")),
  )

/** Those that are loaded with the file; types are not there when it runs. */
const staticImportsOf = (file: string) =>
  [...readFileSync(file, "utf8").matchAll(/^(?:import|export)(?! type)[^"]*? from "(\.[^"]+)"/gm)].map(([, path]) =>
    normalize(join(dirname(file), path ?? "")),
  )

const folderOf = (file: string) => file.split("/").at(1) ?? ""

describe("imports", () => {
  const files = sources().filter(file => file.split("/").length > 2)

  it("finds the files of src/, and what they import", () => {
    expect(files.length).toBeGreaterThan(10)
    expect(importsOf("src/cli/commands/label.ts")).toEqual(
      expect.arrayContaining(["src/options.ts", "src/cli/declared-options.ts", "src/corpus/label-corpus.ts"]),
    )
  })

  it.each(Object.keys(allowed))("src/%s - has files that import something", folder => {
    expect(files.filter(file => folderOf(file) === folder).flatMap(importsOf)).not.toEqual([])
  })

  it.each(files)("%s - imports only what its folder may", file => {
    const folder = folderOf(file)
    const foreign = importsOf(file)
      .filter(path => path.split("/").length > 2)
      .map(folderOf)
      .filter(other => other !== folder && other !== "files" && !allowed[folder]?.includes(other))
    expect(allowed).toHaveProperty(folder)
    expect(foreign).toEqual([])
  })

  const roomOf = (file: string) => (file.split("/").length > 3 ? file.split("/").at(2) : undefined)
  it.each(Object.entries(rooms))("src/%s - rooms import those before them", (folder, order) => {
    const own = files.filter(file => folderOf(file) === folder)
    const backwards = own.flatMap(file => {
      const room = roomOf(file)
      if (room === undefined) return []
      expect(order).toContain(room)
      return importsOf(file)
        .filter(path => path.startsWith(`src/${folder}/`))
        .filter(path => order.indexOf(roomOf(path) ?? room) > order.indexOf(room))
        .map(path => `${file} > ${path}`)
    })
    expect(backwards).toEqual([])
  })

  it("src/ - no folder has more files than can be looked through", () => {
    const counts = new Map<string, number>()
    for (const file of sources()) counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1)
    expect([...counts].filter(([, count]) => count > mostFiles)).toEqual([])
  })

  it("src/hub - what needs the hub's client or the builder is loaded when it is needed, and not before", () => {
    const heavy = [
      "src/hub/bring-model.ts",
      "src/hub/list-commit.ts",
      "src/hub/open-hub.ts",
      "src/graph/build-model.ts",
    ]
    const light = files.filter(file => !["hub", "graph"].includes(folderOf(file))).concat("src/hub/pull-model.ts")
    const eager = light.flatMap(file => staticImportsOf(file).filter(path => heavy.includes(path)))
    expect(eager).toEqual([])
  })

  it("src/*.ts - import nothing from a folder, but for those that list the public names", () => {
    const entries = ["src/index.ts", "src/fleet.ts", "src/serve.ts"]
    const files = sources().filter(file => file.split("/").length === 2 && !entries.includes(file))
    expect(files.flatMap(importsOf).filter(path => path.split("/").length > 2)).toEqual([])
  })
})
