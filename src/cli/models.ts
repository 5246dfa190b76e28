import { readFile } from "node:fs/promises"
import { join } from "node:path"
import Table from "cli-table3"
import type { Command } from "commander"
import { toggle } from "../declaration.ts"
import type { Agreement } from "../graph/agreement.ts"
import { buildOptions } from "../graph/options.ts"
import { bundledLexicons } from "../lexicon/find-lexicon.ts"
import { readConfig } from "../model/config.ts"
import { builtDtypes, bundledModels, listBundledModels } from "../model/store.ts"
import { addOptions, pickOptions } from "./declared-options.ts"
import { showShare } from "./show-numbers.ts"

const verifyOptions = {
  json: toggle({ help: "print one JSON object" }),
} as const

async function list(): Promise<void> {
  const table = new Table({ head: ["model", "kind", "labels", "tokens", "dtypes"], style: { head: [], border: [] } })
  for (const name of await listBundledModels()) {
    const folder = join(bundledModels, name)
    const file = join(folder, "config.json")
    const { labels, maxPositions } = readConfig(await readFile(file, "utf8"), file)
    table.push([name, "checkpoint", labels.join(", "), maxPositions, (await builtDtypes(folder)).join(", ")])
  }
  for (const name of bundledLexicons) table.push([name, "lexicon", "NEGATIVE, NEUTRAL, POSITIVE", "", ""])
  console.log(table.toString())
  console.log("A checkpoint folder or a lexicon file (.tsv) can be given as --model too.")
}

function printAgreement({ texts, labelFlips, maxDifference, meanDifference }: Agreement): void {
  const flips = `${labelFlips} of ${texts} labels differ (${showShare(labelFlips / texts)})`
  const scores = `scores differ by ${meanDifference.toFixed(5)} on average, by ${maxDifference.toFixed(3)} at most`
  console.log(`against fp32 on the calibration texts: ${flips}; ${scores}`)
}

async function build(checkpoint: string, given: Readonly<Record<string, unknown>>): Promise<void> {
  const { buildModel } = await import("../graph/build-model.ts")
  const built = await buildModel(checkpoint, pickOptions(buildOptions, given), found => {
    const smoothing = found.alpha === undefined ? "not smoothed" : `smoothed, alpha ${found.alpha}`
    const was = found.alpha === undefined ? "" : `, unsmoothed ${found.unsmoothedError.toExponential(1)}`
    console.error(`calibrated ${found.value}: ${smoothing}, error ${found.error.toExponential(1)}${was}`)
  })
  console.log(`built ${built.graph}, ${(built.bytes / 1e6).toFixed(1)} MB`)
  if (built.scales) console.log(`scales in ${built.scales}`)
  if (built.agreement) printAgreement(built.agreement)
}

async function verify(checkpoint: string, given: Readonly<Record<string, unknown>>): Promise<void> {
  const { verifyModel } = await import("../graph/build-model.ts")
  const options = pickOptions(buildOptions, given)
  const { reproducible, agreement } = await verifyModel(checkpoint, options)
  if (pickOptions(verifyOptions, given).json) {
    console.log(JSON.stringify({ model: checkpoint, dtype: options.dtype, reproducible, ...agreement }))
  } else {
    console.log(
      reproducible
        ? "the graph has the bytes that the checkpoint and its scales give"
        : "the graph must have the bytes that the checkpoint and its scales give; it has others: build it again",
    )
    printAgreement(agreement)
  }
  if (!reproducible) process.exitCode = 1
}

/** Adds `valence models list|build|verify`. */
export function addModels(program: Command): void {
  const models = program.command("models").description("list models; build a checkpoint's graph; verify it")
  models.command("list").description("list the models that come with Valence").action(list)
  const describe = (command: Command, example: string) =>
    addOptions(
      command.argument("<checkpoint>", "a checkpoint folder, or the name of a bundled model"),
      buildOptions,
    ).addHelpText("after", `\nExample:\n  ${example}`)
  describe(
    models.command("build").description("build a checkpoint's graph from its safetensors, beside them"),
    "valence models build ./my-checkpoint --dtype int8 --calibrate reviews.txt",
  ).action(build)
  const verifying = describe(
    models.command("verify").description("build a graph again: compare its bytes, and its scores with fp32's"),
    "valence models verify sst2-small --json",
  )
  addOptions(verifying, verifyOptions).action(verify)
}
