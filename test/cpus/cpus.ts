/**
 * Builds, verifies and runs models as CPUs that this machine is not:
 *
 *   npm run test:cpus -- [--cpus NAME,NAME] [--checks bundled,models,corpus,worker] [--models FOLDER,FOLDER] [--texts 24] [--keep FOLDER]
 *
 * They are emulated by QEMU, 20 to 50 times as slow as this machine: allow an hour. QEMU has no AVX-512. `--texts` is the
 * number of texts that calibrate the default model, and of rows that are labelled; with `all`, the scales of the default
 * model must be those in the repository, as those of the golden checkpoints must be in any case. `--keep` is a folder for
 * what is installed, which is used again by the next run.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { readFlags } from "../read-flags.ts"
import { openSharedRedis } from "../redis/global-setup.ts"
import { type Cpu, emulatedCpus } from "./emulated-cpus.ts"
import { runNode, startNode } from "./run-node.ts"

const models = [
  ...["distilbert", "distilbert-multilabel", "bert", "roberta", "xlm-roberta", "camembert", "electra"].map(
    name => `test/golden/${name}-tiny`,
  ),
  "models/sentiment-small",
]
const allChecks = "bundled,models,corpus,worker"
const { values } = readFlags({
  options: {
    cpus: { type: "string", default: Object.keys(emulatedCpus).join(",") },
    checks: { type: "string", default: allChecks },
    models: { type: "string", default: models.join(",") },
    texts: { type: "string", default: "24" },
    keep: { type: "string" },
  },
})
const checks = values.checks.split(",")
for (const name of checks)
  if (!allChecks.split(",").includes(name)) throw new Error(`--checks must be some of ${allChecks}; got ${name}`)
/** How many of the calibration texts, and of the example's rows, are used with the default model. */
const few = values.texts === "all" ? Number.POSITIVE_INFINITY : Number(values.texts)
/** The same text, scored on two CPUs: floats differ in their last digits, which may move codes by one. */
const SCORE_TOLERANCE = 0.1
/** How long a device may take to start, and to run a micro-batch. */
const patience = ["--start-timeout-ms", "1800000", "--run-timeout-ms", "1800000", "--no-tune"]

const scalesFile = "model.int8.scales.json"

const folder = mkdtempSync(join(tmpdir(), "valence-cpus-"))
const firstLines = (file: string, count: number) => readFileSync(file, "utf8").split("\n").slice(0, count).join("\n")
const texts = join(folder, "texts.txt")
writeFileSync(texts, `${firstLines("models/calibration.txt", few)}\n`)
const rows = join(folder, "rows.csv")
writeFileSync(rows, `${firstLines("examples/reviews.csv", few + 1)}\n`)

const redis = await openSharedRedis()
try {
  const here = await check({ name: "this machine", packageFolder: process.cwd(), node: process.execPath })
  const failed: string[] = []
  for (const name of values.cpus.split(",")) {
    const prepare = emulatedCpus[name]
    if (prepare === undefined)
      throw new Error(`--cpus must be some of ${Object.keys(emulatedCpus).join(", ")}; got ${name}`)
    const differences = await check(await prepare(resolve(values.keep ?? folder, name))).then(
      there => compare(here, there),
      (error: unknown) => [String(error)],
    )
    for (const difference of differences) console.error(`${name}: ${difference}`)
    console.log(`${name}: ${differences.length === 0 ? "passed" : "failed"}`)
    if (differences.length > 0) failed.push(name)
  }
  if (failed.length > 0) process.exitCode = 1
} finally {
  await redis.stop()
  rmSync(folder, { recursive: true, force: true })
}

/** What a CPU made of everything. */
interface Results {
  /** Scales by checkpoint. */
  readonly scales: ReadonlyMap<string, string>
  /** The labelled rows of a run in one process. */
  readonly rows: readonly string[]
}

/** Fails where a CPU does not get something right by itself. */
async function check(cpu: Cpu): Promise<Results> {
  const scales = new Map<string, string>()
  const at = mkdtempSync(join(folder, "checks-"))
  const step = async (what: string, ...words: string[]) => {
    const started = Date.now()
    console.log(`${cpu.name}: ${what} ...`)
    const output = await runNode(cpu, words)
    console.log(`${cpu.name}: ${what}, ${((Date.now() - started) / 1000).toFixed(0)} s`)
    return output
  }
  const valence = "dist/cli/main.js"
  const checkGraphs = join(import.meta.dirname, "check-graphs.mjs")
  for (const bundled of checks.includes("bundled") ? ["models/sentiment-small", "models/sentiment3-small"] : []) {
    const checked = await step(`the bundled graph of ${bundled} run`, checkGraphs, bundled, bundled)
    console.log(`${cpu.name}: ${checked.trim()}`)
  }
  for (const source of checks.includes("models") ? values.models.split(",") : []) {
    const isFew = source.startsWith("models/") && values.texts !== "all"
    const bounds = isFew ? ["--calibrate", texts, "--max-flips", "0.1"] : ["--max-flips", "0.01"]
    const model = join(at, source)
    cpSync(source, model, { recursive: true })
    await step(`${source} built`, valence, "models", "build", model, ...bounds)
    const found = readFileSync(join(model, scalesFile), "utf8")
    scales.set(source, found)
    const committed = join(source, scalesFile)
    if (!isFew && existsSync(committed)) {
      if (found !== readFileSync(committed, "utf8"))
        throw new Error(`${source} has other scales than the committed ones`)
      console.log(`${cpu.name}: ${source} has the committed scales`)
    }
    const verified = await step(`${source} verified`, valence, "models", "verify", model, "--json", ...bounds)
    console.log(`${cpu.name}: ${verified.trim()}`)
    const checked = await step(`${source} run`, checkGraphs, source, model)
    console.log(`${cpu.name}: ${checked.trim()}`)
  }
  if (!checks.includes("corpus") && !checks.includes("worker")) return { scales, rows: [] }
  const output = join(at, "labelled.csv")
  await step("a corpus", valence, "label", rows, "-o", output, "--device", "cpu:1", ...patience)
  if (checks.includes("worker")) await checkFleet(cpu, at, output)
  return { scales, rows: readFileSync(output, "utf8").trim().split("\n") }
}

/** A worker, and a producer on this machine: the same bytes as a run in one process. */
async function checkFleet(cpu: Cpu, at: string, expected: string): Promise<void> {
  const output = join(at, "fleet.csv")
  const queue = ["--redis", redis.url, "--key-prefix", `{cpus-${cpu.name.replaceAll(/\W/g, "-")}}`]
  const slowRedis = ["--connect-timeout-ms", "600000", "--redis-timeout-ms", "600000"]
  const worker = startNode(cpu, [
    "dist/cli/main.js",
    "work",
    ...queue,
    "--device",
    "cpu:1",
    "--port",
    "0",
    ...patience,
    ...slowRedis,
  ])
  try {
    // An emulated worker answers its own questions late, takes Redis to be away, and is ready a little later.
    await worker.says(/ (ready|waiting for redis): /)
    const here = { name: "this machine", packageFolder: process.cwd(), node: process.execPath }
    const waiting = ["--worker-wait-ms", "1800000"]
    await runNode(here, ["dist/cli/main.js", "label", rows, "-o", output, ...queue, ...waiting])
  } finally {
    await worker.stop()
  }
  if (!readFileSync(output).equals(readFileSync(expected))) throw new Error("a fleet's output has other bytes")
  console.log(`${cpu.name}: a worker`)
}

function compare(here: Results, there: Results): string[] {
  const scales = [...here.scales].filter(([name, text]) => there.scales.get(name) !== text)
  return [
    ...scales.map(([name]) => `${name} has other scales`),
    ...here.rows.slice(1).flatMap((row, index) => rowDifference(index + 1, row, there.rows[index + 1] ?? "")),
  ]
}

/** A row ends with its label and score. */
function rowDifference(index: number, here: string, there: string): string[] {
  const [label, score] = here.split(",").slice(-2)
  const [otherLabel, otherScore] = there.split(",").slice(-2)
  if (label === otherLabel && Math.abs(Number(score) - Number(otherScore)) <= SCORE_TOLERANCE) return []
  return [`row ${index} is ${otherLabel}, ${otherScore}, and ${label}, ${score} on this machine`]
}
