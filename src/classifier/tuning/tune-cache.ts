import { createHash } from "node:crypto"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { makeFolder } from "../../files/make-folder.ts"
import { replaceFile } from "../../files/replace-file.ts"
import { cacheFolder } from "../../store/cache.ts"
import type { Tuning } from "../plan/tuning.ts"

/** What a tuning holds for: another processor, model or ONNX Runtime is measured again. */
export interface TuningKey {
  readonly model: string
  readonly revision: string
  readonly dtype: string
  /** As it was asked for. */
  readonly device: string
  /** Children that there may be: the cores granted, for a CPU. */
  readonly children: number
  /** The CPU's name, or the GPUs'. */
  readonly processor: string
  readonly onnxRuntime: string
}

/** Changes whenever what is stored means something else. */
const version = 2

/** Where tunings are: in the cache, next to the models that were pulled. */
export function tuningFolder(): string {
  return join(cacheFolder(), "tuning")
}

/** The file of a key. */
export function tuningFile(key: TuningKey, folder = tuningFolder()): string {
  const digest = createHash("sha256")
    .update(JSON.stringify(Object.entries(key).sort()))
    .digest("hex")
  return join(folder, `${digest.slice(0, 24)}.json`)
}

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 1

function isTuning(value: unknown): value is Tuning {
  const { children, maxBatchTokens, tokensPerSecond, curve, complete, measuredAt } = (value ?? {}) as Partial<Tuning>
  const isWhole = isCount(children) && isCount(maxBatchTokens) && Number.isFinite(tokensPerSecond)
  return isWhole && Array.isArray(curve) && typeof complete === "boolean" && typeof measuredAt === "string"
}

/** What was measured for a key; `undefined` if nothing was, or the file cannot be read or holds something else. */
export async function readTuning(key: TuningKey, folder?: string): Promise<Tuning | undefined> {
  try {
    const stored: unknown = JSON.parse(await readFile(tuningFile(key, folder), "utf8"))
    const { v, tuning } = (stored ?? {}) as { readonly v?: unknown; readonly tuning?: unknown }
    return v === version && isTuning(tuning) ? tuning : undefined
  } catch {
    return undefined
  }
}

/** Keeps a tuning; if the folder cannot be written, it is measured again next time. @returns whether it is kept */
export async function keepTuning(key: TuningKey, tuning: Tuning, folder = tuningFolder()): Promise<boolean> {
  try {
    await makeFolder(folder)
    await replaceFile(tuningFile(key, folder), `${JSON.stringify({ v: version, key, tuning }, undefined, 2)}\n`)
    return true
  } catch {
    return false
  }
}
