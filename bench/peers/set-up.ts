/**
 * Sets up what the benches measure Valence against:
 *
 *   npm run bench:peers -- [--model FOLDER]
 *
 * transformers.js with its lock, a Python environment in bench/peers/.venv, and in bench/peers/.exports what the peers
 * need of a checkpoint (default: the bundled one): the usual ONNX export, and MAX's compiled graph; beside the checkpoint
 * Valence's own fp32 graph. Takes some minutes and 7 GB, most of it PyTorch. What is there already is left as it is. MAX
 * may be missing: the tables say so.
 */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { cliFile } from "../built.ts"
import { bundledCheckpoint, exportOf } from "./peer-folders.ts"

const FOLDER = new URL(".", import.meta.url).pathname
const PYTHON = join(FOLDER, ".venv/bin/python")

const { values: flags } = parseArgs({ options: { model: { type: "string", default: bundledCheckpoint } } })

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

if (!existsSync(join(FOLDER, "node_modules"))) run("npm", ["ci", "--ignore-scripts"])
if (!existsSync(PYTHON)) run("python3", ["-m", "venv", ".venv"])
run(PYTHON, ["-m", "pip", "install", "--quiet", "-r", "requirements.txt"])
tryToRun(PYTHON, ["-m", "pip", "install", "--quiet", "-r", "requirements-max.txt"])
if (!existsSync(join(flags.model, "model.fp32.onnx")))
  run(process.execPath, [cliFile, "models", "build", flags.model, "--dtype", "fp32"])
const target = exportOf(flags.model)
if (!existsSync(join(target, "onnx/model_quantized.onnx"))) run(PYTHON, ["make_export.py", flags.model, target])
if (!existsSync(join(target, "max.mef")))
  tryToRun(PYTHON, ["max_peer.py", "--compile", flags.model, join(target, "max.mef")])
