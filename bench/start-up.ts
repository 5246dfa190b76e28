/**
 * Seconds from the start of a process that labels one text to its end, and the memory that it and its children take at
 * most: `valence classify "I love it"`, a node that does nothing, and every engine for which an export is given:
 *
 *   npm run bench start-up -- [--peer FOLDER] [--no-python]
 *
 * Processes are cold, files are not: the system has them in its cache after the first round, which does not count.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { env } from "node:process"
import { readFlags } from "../test/read-flags.ts"
import { cliFile } from "./built.ts"
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
} from "./harness.ts"
import { peerVersion } from "./peers/open-pipeline.ts"
import { bundledCheckpoint } from "./peers/peer-folders.ts"
import { TreeMemory } from "./tree-memory.ts"

const TEXT = "I love it"
const { json, "patience-s": patienceS, rounds } = commonFlags
const { values: flags } = readFlags({
  options: {
    json,
    "patience-s": patienceS,
    rounds,
    peer: { type: "string" },
    "no-python": { type: "boolean", default: false },
  },
})
const peersFolder = new URL("./peers/", import.meta.url).pathname
const python = join(peersFolder, ".venv/bin/python")
const peaksMiB: Record<string, number[]> = {}

/** A process that is run to its end each time. */
function contestant(name: string, program: string, words: readonly string[]) {
  const seconds = () =>
    secondsOf(async () => {
      const child = spawn(program, words, {
        stdio: ["ignore", "ignore", "ignore"],
        env: { ...env, HF_HUB_OFFLINE: "1" },
      })
      const memory = new TreeMemory(child.pid as number)
      const [code] = await once(child, "exit")
      peaksMiB[name] = [...(peaksMiB[name] ?? []), memory.stop()]
      if (code !== 0) throw new Error(`${name} ended with exit code ${code}: ${program} ${words.join(" ")}`)
    })
  return [name, seconds] as const
}

const { peer } = flags
/** An engine in Python. */
const inPython = (name: string, script: string, dtype: string, variant = "") => {
  const words = [script, dtype, variant, bundledCheckpoint, peer ?? "", TEXT]
  return contestant(name, python, [join(peersFolder, "python/classify_once.py"), ...words])
}
const contestants = Object.fromEntries([
  contestant("node -e 0", process.execPath, ["-e", "0"]),
  contestant("valence classify", process.execPath, [cliFile, "classify", TEXT]),
  ...(peer === undefined
    ? []
    : [contestant("transformers.js q8", process.execPath, [join(peersFolder, "classify-once.mjs"), peer, "q8", TEXT])]),
  ...(peer === undefined || flags["no-python"] || !existsSync(python)
    ? []
    : [
        inPython("onnxruntime (Python) int8", "onnxruntime_peer.py", "int8", "usual"),
        inPython("OpenVINO int8", "openvino_peer.py", "int8", "latency"),
        inPython("pipeline() on PyTorch fp32", "hugging_face_peer.py", "fp32"),
        inPython("JAX fp32", "jax_peer.py", "fp32"),
        ...(existsSync(join(peer, "max.mef")) ? [inPython("MAX fp32", "max_peer.py", "fp32")] : []),
      ]),
])
printHead(
  "Seconds and memory of a process that labels one text",
  peer === undefined ? {} : { "transformers.js": peerVersion() },
)
const measured = await interleave(contestants, patienceOf(flags, 11))
const { "valence classify": valence = [], "transformers.js q8": theirs = [] } = measured.figures
printTable(
  ["seconds", "median", "min", "max", "peak, MiB"],
  figureRows(measured.figures, 3).map(row => [...row, median(peaksMiB[row[0] as string] ?? []).toFixed(0)]),
)
if (peer !== undefined) console.log(`transformers.js / Valence ${describeRatio(ratioOf(theirs, valence))}`)
printBar("valence classify, s", median(valence), "<", 1, median(valence).toFixed(3))
const peakMiB = Object.fromEntries(Object.entries(peaksMiB).map(([name, peaks]) => [name, median(peaks)]))
printEnd({ bench: "start-up", peakMiB }, measured, flags.json)
