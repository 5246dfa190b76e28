import { stdout } from "node:process"
import Table from "cli-table3"
import type { Command } from "commander"
import { type Tuning, type TuningPoint, type TuningVerdict, tuningRule } from "../../classifier/plan/tuning.ts"
import { toggle } from "../../declaration.ts"
import { ValenceError } from "../../errors.ts"
import { classifierOptions, modelOptions } from "../../options.ts"
import { addFlags, pickOptions } from "../declared-options.ts"
import { showCount } from "../show/show-numbers.ts"

/** How `valence tune` prints its findings. */
export const tuneOptions = {
  json: toggle({ help: "print a JSON object for each device" }),
} as const

const { startTimeoutMs, runTimeoutMs } = classifierOptions
const timeoutOptions = { startTimeoutMs, runTimeoutMs } as const

/** Loaded when it is needed: `valence --help` should not wait for tokenizers. */
function loadTuning() {
  return Promise.all([import("../../classifier/tune-model.ts"), import("../../classifier/tuning/tune-cache.ts")])
}

const remarks: Readonly<Record<TuningVerdict, string>> = {
  default: "default",
  largest: "largest that fits",
  faster: "faster",
  rejected: "",
  unsteady: "slower in a round",
  unfinished: "not enough time",
}

function decisionOf({ children, maxBatchTokens, verdict }: TuningPoint): string {
  if (verdict === "default") return `Kept the default: no other setting was ${tuningRule}.`
  const budget = `the token budget is ${showCount(maxBatchTokens)} from now on, children ${children}`
  if (verdict === "largest") return `There is no memory for the default: ${budget}.`
  return `Replaced the default: ${budget}. This was ${tuningRule}.`
}

/** The measurements as a table, and the decision that follows from them. */
export function describeTuning({ children, maxBatchTokens, curve, complete }: Tuning): string {
  const table = new Table({
    head: ["children", "token budget", "tokens/s", "gain", ""],
    colAligns: ["right", "right", "right", "right", "left"],
    style: { head: [], border: [] },
  })
  const used = curve.find(point => point.children === children && point.maxBatchTokens === maxBatchTokens)
  for (const point of curve) {
    const speed = [showCount(point.tokensPerSecond), `${point.gain.toFixed(2)} x`]
    const remark = [remarks[point.verdict], point === used ? "used from now on" : ""].filter(one => one !== "")
    table.push([point.children, showCount(point.maxBatchTokens), ...speed, remark.join(", ")])
  }
  const lines = [table.toString(), ...(used ? [decisionOf(used)] : [])]
  if (!complete)
    lines.push("There was no time to measure every setting: the machine is slow or busy. Try again when it is idle.")
  return lines.join("\n")
}

async function tune(given: Readonly<Record<string, unknown>>): Promise<void> {
  const [{ tuneModel }, { tuningFolder }] = await loadTuning()
  const { json } = pickOptions(tuneOptions, given)
  const found = await tuneModel(pickOptions({ ...modelOptions, ...timeoutOptions }, given))
  for (const { device, model, tuning, kept } of found) {
    if (tuning === undefined)
      throw new ValenceError("device_failed", `${device} could not run a single micro-batch of ${model.name}`)
    if (json) {
      stdout.write(`${JSON.stringify({ device, model, ...tuning, kept })}\n`)
      continue
    }
    console.log(`${model.name} ${model.dtype} on ${device}\n${describeTuning(tuning)}`)
    if (!kept) console.log(`The result was not saved: cannot write to ${tuningFolder()}`)
  }
}

const help = `
Measures token budgets from a quarter of the default to eight times as much, and half as many children, for a minute at most
per device. A setting replaces the default only if it was
${tuningRule}.
Each round measures the two one right after the other, in random order. The result is saved in VALENCE_CACHE, or ~/.cache/valence, for this
model, device, processor and version of ONNX Runtime. It changes the speed, not the scores of int8 graphs.

Examples:
  valence tune
  valence tune --model ./my-checkpoint --dtype fp32 --device cuda:0 --json`

/** Adds `valence tune`. */
export function addTune(program: Command): void {
  const command = program
    .command("tune")
    .description("measure which token budget and how many children suit the devices of this machine")
    .addHelpText("after", help)
  for (const declarations of [tuneOptions, modelOptions, timeoutOptions]) addFlags(command, declarations)
  command.action(tune)
}
