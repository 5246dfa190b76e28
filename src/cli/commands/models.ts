import { stderr } from "node:process"
import type { Command } from "commander"
import { toggle } from "../../declaration.ts"
import type { VerifiedCpus } from "../../graph/build-model.ts"
import type { Agreement } from "../../graph/int8/agreement.ts"
import { buildOptions } from "../../graph/options.ts"
import { pullCheckpointIfMissing, pullModel } from "../../hub/pull-model.ts"
import type { PullProgress } from "../../hub/pull-progress.ts"
import { verifyFiles } from "../../hub/verify-files.ts"
import { hubOptions, pullOptions } from "../../options.ts"
import { readyDtype } from "../../store/ready-graph.ts"
import { findCheckpoint, hasWeights } from "../../store/store.ts"
import { addFlags, pickOptions } from "../declared-options.ts"
import { list, requireCheckpoint, show } from "../parts/list-models.ts"
import { remove } from "../parts/remove-model.ts"
import { openPullDisplay } from "../show/pull-display.ts"
import { showShare } from "../show/show-numbers.ts"
import { endInterrupted, listenForStop } from "../stop-signals.ts"

/** How `valence models list` and `valence models show` tell. */
export const listModelsOptions = {
  json: toggle({ help: "print a JSON object for each model" }),
} as const

/** How `valence models rm` is sure. */
export const removeModelOptions = {
  yes: toggle({ help: "remove it without asking" }),
} as const

/** The output of `valence models verify`. */
export const verifyModelOptions = {
  json: toggle({ help: "print one JSON object" }),
} as const

type Options = Readonly<Record<string, unknown>>

const validity = {
  every: "measured on this CPU, and valid for every other: CPUs differ in the last digits of floats alone",
  this: "measured on this CPU, and valid for it alone: the graph is not the one that this version builds",
} as const satisfies Record<VerifiedCpus, string>

function printAgreement(agreement: Agreement, cpus: VerifiedCpus): void {
  const { texts, labelFlips, maxDifference, meanDifference } = agreement
  const flips = `${labelFlips} of ${texts} labels differ (${showShare(labelFlips / texts)})`
  const scores = `scores differ by ${meanDifference.toFixed(5)} on average, by ${maxDifference.toFixed(3)} at most`
  console.log(`against fp32 on the calibration texts: ${flips}; ${scores}`)
  console.log(validity[cpus])
}

async function pull(model: string, given: Options): Promise<void> {
  using stop = listenForStop(() => {})
  using display = openPullDisplay(model, stderr)
  const onPull = (progress: PullProgress) => display.show(progress)
  await pullModel({ ...pickOptions(pullOptions, given), model, onPull, signal: stop.signal })
  display[Symbol.dispose]()
  await show(model, false)
}

/** Apart from `build` and `verify`, because TypeScript does not rewrite the path of an import in a function with `using`. */
function loadBuilder() {
  return import("../../graph/build-model.ts")
}

async function pullFirst(model: string, given: Options): Promise<void> {
  using stop = listenForStop(() => {})
  using display = openPullDisplay(model, stderr)
  const { offline } = pickOptions(hubOptions, given)
  await pullCheckpointIfMissing(model, offline, progress => display.show(progress), stop.signal)
}

async function build(checkpoint: string, given: Options): Promise<void> {
  requireCheckpoint(checkpoint)
  const { buildModel } = await loadBuilder()
  await pullFirst(checkpoint, given)
  const built = await buildModel(checkpoint, pickOptions(buildOptions, given), found => {
    const smoothing = found.alpha === undefined ? "not smoothed" : `smoothed, alpha ${found.alpha}`
    const was = found.alpha === undefined ? "" : `, unsmoothed ${found.unsmoothedError.toExponential(1)}`
    console.error(`calibrated ${found.value}: ${smoothing}, error ${found.error.toExponential(1)}${was}`)
  })
  console.log(`built ${built.graph}, ${(built.bytes / 1e6).toFixed(1)} MB`)
  if (built.scales) console.log(`scales in ${built.scales}`)
  if (built.agreement) printAgreement(built.agreement, "every")
}

async function verify(checkpoint: string, given: Options): Promise<void> {
  requireCheckpoint(checkpoint)
  const { json } = pickOptions(verifyModelOptions, given)
  const say = (line: string) => (json ? console.error(line) : console.log(line))
  const folder = await findCheckpoint(checkpoint)
  const problems = await verifyFiles(folder)
  if (problems?.length === 0) say("the files are those of the hub, by their checksums")
  else if (problems !== undefined) {
    for (const problem of problems) say(problem)
    say(`remove it and pull it again: valence models rm ${checkpoint} && valence models pull ${checkpoint}`)
    if (json) console.log(JSON.stringify({ model: checkpoint, problems }))
    process.exitCode = 1
    return
  }
  if (!(await hasWeights(folder))) {
    say("its ONNX graph is used unchanged: it has no weights to build it from")
    if (json) console.log(JSON.stringify({ model: checkpoint, dtype: readyDtype, problems: [] }))
    return
  }
  const { verifyModel } = await loadBuilder()
  const options = pickOptions(buildOptions, given)
  const { dtype, maxFlips, maxDifference } = options
  const { reproducible, cpus, agreement, inaccuracy } = await verifyModel(checkpoint, options)
  const accurate = inaccuracy === undefined
  if (!reproducible) process.exitCode = 1
  if (json) {
    const bounds = { maxFlips, maxDifference }
    console.log(JSON.stringify({ model: checkpoint, dtype, reproducible, accurate, cpus, ...agreement, bounds }))
  } else {
    console.log(
      reproducible
        ? "the graph has the bytes that the checkpoint and its scales give"
        : "the graph must have the bytes that the checkpoint and its scales give; it has others: build it again",
    )
    printAgreement(agreement, cpus)
  }
  if (!accurate) throw inaccuracy
}

const help = `
OWNER/NAME is a model of the Hugging Face hub, OWNER/NAME@REVISION its branch, tag or commit. HF_TOKEN, or the token that
hf auth login left, opens private and gated ones; HF_ENDPOINT names another hub, HTTPS_PROXY a proxy, VALENCE_CACHE the
folder that models are kept in. A folder of the same name goes first.`

const examples = {
  list: "valence models list --json | jq -r .name",
  show: "valence models show sentiment-small",
  pull: "valence models pull distilbert/distilbert-base-uncased-finetuned-sst-2-english --dtype int8",
  rm: "valence models rm distilbert/distilbert-base-uncased-finetuned-sst-2-english@main --yes",
  build: "valence models build ./my-checkpoint --dtype int8 --calibrate reviews.txt",
  verify: "valence models verify sentiment-small --json",
} as const

/** Adds `valence models list|show|pull|rm|build|verify`. */
export function addModels(program: Command): void {
  const models = program
    .command("models")
    .description("list and show models; pull them from the hub, remove them; build graphs, verify them")
    .addHelpText("after", help)
  const add = (
    name: keyof typeof examples,
    what: string,
    argument: string,
    groups: Parameters<typeof addFlags>[1][],
  ) => {
    const command = models.command(name).description(what)
    if (argument !== "") command.argument("<model>", argument)
    for (const declarations of groups) addFlags(command, declarations)
    return command.addHelpText("after", `\nExample:\n  ${examples[name]}`)
  }
  const anyModel = "a checkpoint folder, the name of a bundled model, or one of the hub"
  const hubModel = "a model of the hub: OWNER/NAME or OWNER/NAME@REVISION"
  const buildWhat = "build a checkpoint's graph from its safetensors, next to them or in the cache"
  const verifyWhat =
    "compare files with the hub's checksums; build a graph again: compare its bytes, and its scores with fp32's"
  add("list", "list the models that come with Valence, and those that were pulled", "", [listModelsOptions]).action(
    (given: Options) => list(pickOptions(listModelsOptions, given).json),
  )
  add("show", "show what is known of a model", anyModel, [listModelsOptions]).action((model: string, given: Options) =>
    show(model, pickOptions(listModelsOptions, given).json),
  )
  add("pull", "pull a model from the hub, and build its graph", hubModel, [pullOptions]).action(
    (model: string, given: Options) => pull(model, given).catch(endInterrupted),
  )
  add("rm", "remove a model that was pulled from the cache", hubModel, [removeModelOptions]).action(
    (model: string, given: Options) => remove(model, pickOptions(removeModelOptions, given).yes),
  )
  add("build", buildWhat, anyModel, [buildOptions, hubOptions]).action((model: string, given: Options) =>
    build(model, given).catch(endInterrupted),
  )
  add("verify", verifyWhat, anyModel, [buildOptions, verifyModelOptions]).action(verify)
}
