/**
 * Sets up what the benches measure Valence against:
 *
 *   npm run bench:peers -- [--model FOLDER]
 *
 * transformers.js with its lock, a Python environment in bench/peers/.venv, and in bench/peers/.exports what the peers
 * need of a checkpoint: the usual ONNX export, what other tools make of it, and MAX's compiled graph; next to the checkpoint Valence's own graphs.
 * Without a FOLDER that is done for the bundled checkpoint and for one with random weights of DistilBERT-base's geometry.
 * Takes some ten minutes and 9 GB, most of it PyTorch. What is there already, and no older than the weights, is left as it is. MAX may be missing: the
 * tables say so.
 */
import { spawnSync } from "node:child_process"
import { existsSync, statSync } from "node:fs"
import { join } from "node:path"
import { readFlags } from "../../test/read-flags.ts"
import { cliFile } from "../built.ts"
import { baseGeometry, writeRandomCheckpoint } from "../random-checkpoint.ts"
import { baseCheckpoint, bundledCheckpoint, exportOf } from "./peer-folders.ts"

const FOLDER = new URL(".", import.meta.url).pathname
const PYTHON = join(FOLDER, ".venv/bin/python")

const { values: flags } = readFlags({ options: { model: { type: "string" } } })

function run(program: string, words: readonly string[]): void {
  console.log(`> ${program} ${words.join(" ")}`)
  const { status, error } = spawnSync(program, words, { cwd: FOLDER, stdio: "inherit" })
  if (status !== 0) throw new Error(`${program} ${words[0]} ended with ${status}`, { cause: error })
}

/** For what the benches can do without. */
function tryToRun(program: string, words: readonly string[]): void {
  try {
    run(program, words)
  } catch (error) {
    console.warn(`${(error as Error).message}; the benches go on without it`)
  }
}

/** Random weights give scores that int8 moves by more than trained ones do; they are there to be timed. */
const anyAccuracy = ["--max-flips", "1", "--max-difference", "1"]

/** Makes what is run of a checkpoint, if it is missing or older than the weights. */
function prepare(checkpoint: string): void {
  const weights = statSync(join(checkpoint, "model.safetensors")).mtimeMs
  const isMissing = (file: string) => !existsSync(file) || statSync(file).mtimeMs < weights
  const build = (dtype: string) =>
    run(process.execPath, [cliFile, "models", "build", checkpoint, "--dtype", dtype, ...anyAccuracy])
  // That of the bundled model is in git, whose files are as old as their checkout.
  if (!existsSync(join(checkpoint, "model.int8.onnx"))) build("int8")
  if (isMissing(join(checkpoint, "model.fp32.onnx"))) build("fp32")
  const target = exportOf(checkpoint)
  if (isMissing(join(target, "onnx/model_quantized.onnx"))) run(PYTHON, ["python/make_export.py", checkpoint, target])
  if (!existsSync(join(target, "openvino/model_int8.xml")))
    run(PYTHON, ["python/quantise_exports.py", checkpoint, target])
  if (!existsSync(join(target, "max.mef")))
    tryToRun(PYTHON, ["python/max_peer.py", "--compile", checkpoint, join(target, "max.mef")])
}

if (!existsSync(join(FOLDER, "node_modules"))) run("npm", ["ci", "--ignore-scripts"])
if (!existsSync(PYTHON)) run("python3", ["-m", "venv", ".venv"])
run(PYTHON, ["-m", "pip", "install", "--quiet", "-r", "python/requirements.txt"])
tryToRun(PYTHON, ["-m", "pip", "install", "--quiet", "-r", "python/requirements-max.txt"])
if (flags.model === undefined && !existsSync(baseCheckpoint)) await writeRandomCheckpoint(baseCheckpoint, baseGeometry)
for (const checkpoint of flags.model === undefined ? [bundledCheckpoint, baseCheckpoint] : [flags.model])
  prepare(checkpoint)
