/**
 * Seconds from the start of `valence classify "I love it"` to its end, in a process of its own each time; beside it, a
 * node that does nothing, and transformers.js labelling the same text where an export is given:
 *
 *   npm run bench:start-up -- [--peer FOLDER]
 *
 * Processes are cold, files are not: the system has them in its cache after the first round, which does not count.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { parseArgs } from "node:util"
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

const TEXT = "I love it"
const { json, "patience-s": patienceS, rounds } = commonFlags
const { values: flags } = parseArgs({ options: { json, "patience-s": patienceS, rounds, peer: { type: "string" } } })

function secondsOfNode(args: readonly string[]): Promise<number> {
  return secondsOf(async () => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] })
    const [code] = await once(child, "exit")
    if (code !== 0) throw new Error(`node ${args.join(" ")} ended with exit code ${code}`)
  })
}

const contestants: Record<string, () => Promise<number>> = {
  "node -e 0": () => secondsOfNode(["-e", "0"]),
  "valence classify": () => secondsOfNode([cliFile, "classify", TEXT]),
}
const { peer } = flags
if (peer !== undefined) {
  const script = new URL("./peers/classify-once.mjs", import.meta.url).pathname
  contestants["transformers.js q8"] = () => secondsOfNode([script, peer, "q8", TEXT])
}
printHead(
  "Seconds that a process takes to label one text",
  peer === undefined ? {} : { "transformers.js": peerVersion() },
)
const measured = await interleave(contestants, patienceOf(flags, 11))
const { "valence classify": valence = [], "transformers.js q8": theirs = [] } = measured.figures
printTable(["seconds", "median", "min", "max"], figureRows(measured.figures, 3))
if (peer !== undefined) console.log(`transformers.js / Valence ${describeRatio(ratioOf(theirs, valence))}`)
printBar("valence classify, s", median(valence), "<", 1, median(valence).toFixed(3))
printEnd({ bench: "start-up" }, measured, flags.json)
