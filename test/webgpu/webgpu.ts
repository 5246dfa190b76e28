/**
 * Labels rows on WebGPU without a GPU, with Mesa's software driver (lavapipe), and compares the logits with the CPU's:
 *
 *   npm run test:webgpu -- [--rows 60] [--suite trixie] [--folder node_modules/.cache/valence-webgpu] [--model models/sentiment-small]
 *
 * The same code runs as on a GPU. It needs linux/x64, root and debootstrap (which it installs where there is apt-get): the
 * driver is installed into a Debian of its own in `--folder`, 500 MB, once, and Valence runs there by chroot. Allow ten
 * minutes. With `--suite bookworm`, whose driver is too old, it shows how that is reported, and fails.
 */
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { basename, join, resolve } from "node:path"
import { readFlags } from "../read-flags.ts"
import { copyPackage, type Ended, installLavapipe, runInRoot } from "./lavapipe-root.ts"

const { values: flags } = readFlags({
  options: {
    rows: { type: "string", default: "60" },
    suite: { type: "string", default: "trixie" },
    folder: { type: "string", default: "node_modules/.cache/valence-webgpu" },
    model: { type: "string", default: "models/sentiment-small" },
  },
})
/** How far a logit may be from the CPU's: sums in another order, in float32 and in float16. */
const tolerances = { fp32: 1e-4, fp16: 0.1 } as const
/** Small, because a software driver takes minutes for more. */
const budget = ["--max-batch-tokens", "256"]
const patience = ["--start-timeout-ms", "1800000", "--run-timeout-ms", "1800000"]

interface Row {
  readonly label: string
  readonly scores: readonly { readonly label: string; readonly score: number }[]
}

function rowsOf({ status, stdout, stderr }: Ended, what: string): Row[] {
  if (status !== 0) throw new Error(`${what} failed: ${stderr.trim()}`)
  return stdout
    .trim()
    .split("\n")
    .map(line => JSON.parse(line) as Row)
}

/** Calibration texts of many lengths, most of them short. */
const texts = readFileSync("models/calibration.txt", "utf8").split("\n").slice(0, Number(flags.rows)).join("\n")
const wordsFor = (device: string, dtype: string) => [
  ...["classify", "--json", "--model", flags.model, "--device", device, "--dtype", dtype],
  ...["--score-function", "none", "--top-k", "all", ...budget, ...patience],
]
const runHere = (words: readonly string[]) =>
  spawnSync(process.execPath, ["bin/valence.js", ...words], { input: texts, encoding: "utf8", maxBuffer: 2 ** 28 })

const logitOf = ({ scores }: Row, wanted: string) => scores.find(({ label }) => label === wanted)?.score ?? NaN

/** @returns whether WebGPU's logits are near enough, and all labels the same */
function compare(dtype: keyof typeof tolerances, root: string): boolean {
  const startMs = performance.now()
  const there = rowsOf(runInRoot(root, wordsFor("webgpu", dtype).map(inRoot), texts), `webgpu ${dtype}`)
  const seconds = Math.round((performance.now() - startMs) / 1000)
  const here = rowsOf(runHere(wordsFor("cpu", dtype)), `cpu ${dtype}`)
  const differences = there.flatMap((row, at) =>
    row.scores.map(({ label, score }) => Math.abs(score - logitOf(here[at] as Row, label))),
  )
  const largest = Math.max(...differences)
  const others = there.filter((row, at) => row.label !== here[at]?.label).length
  const isGood = there.length === here.length && others === 0 && largest <= tolerances[dtype]
  const facts = `${there.length} rows in ${seconds} s, largest difference of a logit ${largest.toExponential(1)}`
  console.log(`${dtype}: ${facts} (at most ${tolerances[dtype]}), ${others} other labels: ${isGood ? "ok" : "FAILED"}`)
  return isGood
}

const inRoot = (word: string) => (word === flags.model ? join("/valence", flags.model) : word)

for (const dtype of Object.keys(tolerances)) {
  const graph = join(flags.model, `model.${dtype}.onnx`)
  if (existsSync(graph)) continue
  const built = runHere(["models", "build", flags.model, "--dtype", dtype])
  if (built.status !== 0) throw new Error(`${basename(graph)} could not be built: ${built.stderr}`)
}
const root = resolve(flags.folder, flags.suite)
await installLavapipe(root, flags.suite)
copyPackage(root, flags.model)
const doctor = runInRoot(root, ["doctor", ...wordsFor("webgpu", "fp32").slice(2, 8).map(inRoot)])
for (const line of doctor.stdout.split("\n").filter(one => /^ +\w+ +(\w+ \w+ )?webgpu /.test(one)))
  console.log(line.trim())
const good = (["fp32", "fp16"] as const).map(dtype => compare(dtype, root))
process.exitCode = good.every(Boolean) ? 0 : 1
