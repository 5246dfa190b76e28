import { stdout } from "node:process"
import Table from "cli-table3"
import type { Command } from "commander"
import { toggle } from "../declaration.ts"
import { ValenceError } from "../errors.ts"
import { classifierOptions, modelOptions } from "../options.ts"
import { addOptions, pickOptions } from "./declared-options.ts"
import { showCount } from "./show-numbers.ts"

/** How `valence tune` tells what it found. */
export const tuneOptions = {
  json: toggle({ help: "print a JSON object for each device" }),
} as const

const { startTimeoutMs, runTimeoutMs } = classifierOptions
const timeoutOptions = { startTimeoutMs, runTimeoutMs } as const

/** Loaded when it is needed: `valence --help` should not wait for tokenizers. */
function loadTuning() {
  return Promise.all([import("../classifier/tuning/tune-model.ts"), import("../classifier/tuning/tune-cache.ts")])
}

async function tune(given: Readonly<Record<string, unknown>>): Promise<void> {
  const [{ tuneModel }, { tuningFolder }] = await loadTuning()
  const { json } = pickOptions(tuneOptions, given)
  const found = await tuneModel(pickOptions({ ...modelOptions, ...timeoutOptions }, given))
  for (const { device, model, tuning, kept } of found) {
    if (tuning === undefined)
      throw new ValenceError(
        "device_failed",
        `${device} must run micro-batches of each size three times in a minute; it did not`,
      )
    if (json) {
      stdout.write(`${JSON.stringify({ device, model, ...tuning, kept })}\n`)
      continue
    }
    const table = new Table({
      head: ["children", "token budget", "tokens/s", ""],
      colAligns: ["right", "right", "right", "left"],
      style: { head: [], border: [] },
    })
    for (const { children, maxBatchTokens, tokensPerSecond } of tuning.curve) {
      const isChosen = children === tuning.children && maxBatchTokens === tuning.maxBatchTokens
      table.push([children, showCount(maxBatchTokens), showCount(tokensPerSecond), isChosen ? "taken from now on" : ""])
    }
    console.log(`${model.name} ${model.dtype} on ${device}\n${table.toString()}`)
    if (!kept) console.log(`it is not kept: ${tuningFolder()} cannot be written`)
  }
}

const help = `
Another token budget, or fewer children, are taken where they are more than 5 % faster than the defaults. What was measured is
kept in VALENCE_CACHE, or ~/.cache/valence, for this model, device, processor and ONNX Runtime. A text's scores do not depend on it.

Examples:
  valence tune
  valence tune --model ./my-checkpoint --dtype fp32 --device cuda:0 --json`

/** Adds `valence tune`. */
export function addTune(program: Command): void {
  const command = program
    .command("tune")
    .description("measure which token budget and how many children suit the devices of this machine")
    .addHelpText("after", help)
  for (const declarations of [tuneOptions, modelOptions, timeoutOptions]) addOptions(command, declarations)
  command.action(tune)
}
