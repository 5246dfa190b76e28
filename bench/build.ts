/**
 * Seconds and peak memory of `valence models build` for a checkpoint of DistilBERT-base's geometry, against the size of
 * its safetensors:
 *
 *   npm run bench build -- [--dtype int8|fp16|fp32]
 *
 * The checkpoint has random weights, float32, and lies in a temporary folder.
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { readFlags } from "../test/read-flags.ts"
import { median, printBar, printHead, printTable } from "./harness.ts"
import { baseGeometry, writeRandomCheckpoint } from "./random-checkpoint.ts"
import { type CliRun, runCli } from "./run-cli.ts"

const MOST_SECONDS = 60
const MOST_SIZES = 3

const { values: flags } = readFlags({
  options: { dtype: { type: "string", default: "int8" }, rounds: { type: "string", default: "1" } },
})
const folder = await mkdtemp(join(tmpdir(), "valence-bench-"))
try {
  printHead(`valence models build --dtype ${flags.dtype}, DistilBERT-base's geometry, random weights`)
  const checkpoint = join(folder, "random-base")
  const bytes = await writeRandomCheckpoint(checkpoint, baseGeometry)
  const runs: CliRun[] = []
  // Random weights have no opinion of a text: how many labels differ says nothing.
  const words = ["models", "build", checkpoint, "--dtype", flags.dtype, "--max-flips", "1", "--max-difference", "1"]
  for (let round = 0; round < Number(flags.rounds); round++) runs.push(await runCli(words))
  const sizeMiB = bytes / 2 ** 20
  printTable(
    ["round", "seconds", "CPU seconds", "peak MiB", "peak / checkpoint"],
    runs.map(({ seconds, cpuSeconds, peakMiB }, round) => [
      round + 1,
      seconds.toFixed(1),
      cpuSeconds.toFixed(1),
      peakMiB.toFixed(0),
      (peakMiB / sizeMiB).toFixed(2),
    ]),
  )
  console.log(`the checkpoint has ${sizeMiB.toFixed(0)} MiB; the last build said:\n${runs.at(-1)?.stdout}`)
  const seconds = median(runs.map(run => run.seconds))
  const sizes = median(runs.map(run => run.peakMiB)) / sizeMiB
  printBar("seconds", seconds, "<", MOST_SECONDS, seconds.toFixed(1))
  printBar("peak memory / checkpoint", sizes, "<", MOST_SIZES, sizes.toFixed(2))
} finally {
  await rm(folder, { recursive: true })
}
