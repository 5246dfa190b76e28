/**
 * All that a GPU must show, in one run, for when one can be had; what this machine lacks for a part is said, and the part left out:
 *
 *   npm run bench gpu -- [--device cuda:0] [--models FOLDER,FOLDER] [--dtypes fp16,fp32] [--budgets 4096,16384,65536]
 *     [--texts FILE] [--texts-a-round 50000] [--rounds 5] [--minutes 10] [--python PYTHON] [--only logits,speed] [--json FILE]
 *
 * doctor    what valence doctor says of the device
 * logits    fp32 and fp16 against the golden files and, on the calibration texts, the CPU's fp32
 * speed     texts/s, times of single texts, GPU busy %, memory and host time, by model, dtype and token budget
 * torch     PyTorch beside it (eager and compiled, sorted and padded texts), in turns
 * tensorrt  logits and speed on TensorRT
 * kill      the child killed while it computes
 * children  two children on the GPU / one
 * memory    texts of random lengths for --minutes: the GPU's memory must not grow
 *
 * It needs no network: Node, this repository with node_modules and dist, the provider beside onnxruntime-node's binding
 * (docs/devices.md), the checkpoints (without --models the bundled one, and DistilBERT-base's geometry, which it writes with random weights), for GPU
 * figures nvidia-smi, and for PyTorch a Python with torch, numpy and tokenizers. `--device cpu` shows with small sizes that it works.
 */
import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { readFlags } from "../../test/read-flags.ts"
import { cliFile } from "../built.ts"
import { machine, printHead } from "../harness.ts"
import { compareWithTorch } from "./beside-torch.ts"
import { killChild, tryChildren } from "./failures.ts"
import { compareLogits } from "./logits.ts"
import { watchMemory } from "./memory.ts"
import { type GpuSetup, Lacking, setUp } from "./setup.ts"
import { measureSpeed } from "./speed.ts"

const { values: flags } = readFlags({
  options: {
    device: { type: "string", default: "cuda:0" },
    models: { type: "string" },
    dtypes: { type: "string" },
    budgets: { type: "string" },
    texts: { type: "string" },
    "texts-a-round": { type: "string" },
    rounds: { type: "string" },
    minutes: { type: "string" },
    python: { type: "string" },
    only: { type: "string" },
    json: { type: "string" },
  },
})

function examine({ device, models }: GpuSetup) {
  const words = ["doctor", "--device", device, "--model", models[0] as string, "--dtype", "fp32"]
  const { status, stdout } = spawnSync(process.execPath, [cliFile, ...words], { encoding: "utf8" })
  console.log(stdout.trimEnd())
  if (status !== 0) throw new Lacking(`doctor ended with ${status}`)
  return stdout
}

async function tryTensorRt(setup: GpuSetup) {
  if (!setup.device.startsWith("cuda")) throw new Lacking("it is tried on --device cuda:N alone")
  const device = setup.device.replace("cuda", "tensorrt")
  const logits = await compareLogits({ ...setup, models: setup.models.slice(0, 1) }, device, ["fp16"])
  const speed = await measureSpeed({ ...setup, device, dtypes: ["fp16"], budgets: [16_384] })
  return { logits, speed }
}

/** The short ones first: a machine may be lent for minutes. */
const parts: Readonly<Record<string, (setup: GpuSetup) => unknown>> = {
  doctor: examine,
  logits: setup => compareLogits(setup),
  kill: killChild,
  children: tryChildren,
  speed: measureSpeed,
  torch: compareWithTorch,
  tensorrt: tryTensorRt,
  memory: watchMemory,
}

const chosen = flags.only?.split(",") ?? Object.keys(parts)
const unknown = chosen.find(name => !Object.hasOwn(parts, name))
if (unknown !== undefined) throw new Error(`--only must be of ${Object.keys(parts).join(", ")}; got ${unknown}`)
const setup = await setUp(flags)
printHead(`Valence on ${setup.device}`, { models: setup.models.join(", "), texts: `${setup.texts.length} a round` })
const results: Record<string, unknown> = {}
for (const name of chosen) {
  console.log(`\n== ${name}`)
  const startMs = performance.now()
  try {
    results[name] = await parts[name]?.(setup)
  } catch (error) {
    if (!(error instanceof Lacking)) process.exitCode = 1
    results[name] = { [error instanceof Lacking ? "leftOut" : "failed"]: (error as Error).message }
    console.log(`${error instanceof Lacking ? "left out" : "FAILED"}: ${(error as Error).message}`)
  }
  console.log(`${name} took ${((performance.now() - startMs) / 1000).toFixed(0)} s`)
  // After each part: what was measured is kept if the machine goes.
  if (flags.json !== undefined)
    writeFileSync(
      flags.json,
      JSON.stringify({ bench: "gpu", device: setup.device, machine: machine(), results }, undefined, 2),
    )
}
