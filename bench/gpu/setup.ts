import { spawnSync } from "node:child_process"
import { cpSync, existsSync } from "node:fs"
import { basename, join } from "node:path"
import { readDevices } from "../../src/classifier/plan/read-devices.ts"
import { visibleGpus } from "../../src/classifier/plan/visible-gpus.ts"
import { cliFile } from "../built.ts"
import { generateEnglishTexts } from "../generate-texts.ts"
import { textsFor } from "../harness.ts"
import { baseCheckpoint, bundledCheckpoint } from "../peers/peer-folders.ts"
import { baseGeometry, writeRandomCheckpoint } from "../random-checkpoint.ts"

/** Why a part cannot be measured on this machine; the others are. */
export class Lacking extends Error {}

export type GpuDtype = "fp32" | "fp16"

/** What the parts work with. */
export interface GpuSetup {
  /** One device: `cuda:0`, or `cpu` to try the bench without a GPU. */
  readonly device: string
  readonly isCpu: boolean
  /** Folders of checkpoints. */
  readonly models: readonly string[]
  readonly dtypes: readonly GpuDtype[]
  readonly budgets: readonly number[]
  readonly rounds: number
  readonly minutes: number
  /** Short ones, as in SST-2. */
  readonly texts: readonly string[]
  /** Of 4 to 380 words. */
  readonly mixedTexts: readonly string[]
  readonly python: string | undefined
}

/** The flags, as they are read. */
export interface GpuFlags {
  readonly device: string
  readonly models?: string | undefined
  readonly dtypes?: string | undefined
  readonly budgets?: string | undefined
  readonly "texts-a-round"?: string | undefined
  readonly rounds?: string | undefined
  readonly minutes?: string | undefined
  readonly texts?: string | undefined
  readonly python?: string | undefined
}

/** Sizes that suit a GPU, and those that show on a CPU that the bench works. */
const sizes = {
  gpu: { budgets: "4096,8192,16384,32768,65536", texts: "50000", rounds: "5", minutes: "10", dtypes: "fp16,fp32" },
  cpu: { budgets: "256,1024", texts: "300", rounds: "2", minutes: "0.2", dtypes: "fp32" },
}

/** Git ignores it. */
const resultsFolder = new URL("../results", import.meta.url).pathname

/** The index of a device's GPU among those of its kind, as `nvidia-smi` takes it. */
export function smiName(device: string): string {
  const index = readDevices(device)[0]?.index ?? 0
  return visibleGpus()?.[index] ?? String(index)
}

/** Fills in the flags; writes DistilBERT-base's geometry with random weights if no models are named. */
export async function setUp(flags: GpuFlags): Promise<GpuSetup> {
  const devices = readDevices(flags.device)
  if (devices.length > 1) throw new Error(`--device must be one device; got ${flags.device}`)
  const isCpu = flags.device.startsWith("cpu")
  const usual = isCpu ? sizes.cpu : sizes.gpu
  const count = Number(flags["texts-a-round"] ?? usual.texts)
  const tiny = join(resultsFolder, "distilbert-tiny")
  if (isCpu) cpSync(new URL("../../test/golden/distilbert-tiny", import.meta.url).pathname, tiny, { recursive: true })
  const models = flags.models?.split(",") ?? [bundledCheckpoint, isCpu ? tiny : baseCheckpoint]
  if (models.includes(baseCheckpoint) && !existsSync(baseCheckpoint)) {
    console.log(`writing ${baseCheckpoint}`)
    await writeRandomCheckpoint(baseCheckpoint, baseGeometry)
  }
  return {
    device: flags.device,
    isCpu,
    models,
    dtypes: (flags.dtypes ?? usual.dtypes).split(",") as GpuDtype[],
    budgets: (flags.budgets ?? usual.budgets).split(",").map(Number),
    rounds: Number(flags.rounds ?? usual.rounds),
    minutes: Number(flags.minutes ?? usual.minutes),
    texts: await textsFor(count, flags.texts),
    mixedTexts: await generateEnglishTexts(Math.ceil(count / 8), "mixed"),
    python: flags.python,
  }
}

/** Builds a graph of a checkpoint, unless it is there. */
export function requireGraph(model: string, dtype: GpuDtype): void {
  if (existsSync(join(model, `model.${dtype}.onnx`))) return
  const words = ["models", "build", model, "--dtype", dtype]
  const { status, stderr } = spawnSync(process.execPath, [cliFile, ...words], { encoding: "utf8" })
  if (status !== 0) throw new Lacking(`the ${dtype} graph of ${basename(model)} could not be built: ${stderr.trim()}`)
}
