import { createHash } from "node:crypto"
import { createReadStream } from "node:fs"
import { stat } from "node:fs/promises"
import { basename } from "node:path"
import { pipeline } from "node:stream/promises"
import { createClassifier } from "../classifier/classifier.ts"
import { findModelFor } from "../classifier/open-model.ts"
import { onDevices } from "../classifier/plan/on-devices.ts"
import { limitsOf, shapesOf } from "../classifier/plan/plan-device.ts"
import type { Tuning } from "../classifier/plan/tuning.ts"
import { readTuning } from "../classifier/tuning/tune-cache.ts"
import { tuningKey } from "../classifier/tuning/tune-device.ts"
import { completeOptions } from "../declaration.ts"
import { asError, ValenceError } from "../errors.ts"
import type { Labeller } from "../labeller.ts"
import { findLexicon, isLexicon } from "../lexicon/find-lexicon.ts"
import { createLexiconLabeller } from "../lexicon/lexicon-labeller.ts"
import { type ClassifierOptions, classifierOptions, modelOptions } from "../options.ts"
import { type Finding, withRemedy } from "./finding.ts"
import { examineInt8 } from "./int8.ts"
import { judgeShapes } from "./shapes.ts"

/** What is labelled to see that labelling works. */
const canary = "I love it"

/** The model to examine, and its device. */
export interface ModelRequest {
  readonly model: string
  readonly dtype: NonNullable<ClassifierOptions["dtype"]>
  readonly device: string
  readonly children: number | undefined
}

async function examineFile(path: string): Promise<Finding> {
  const hash = createHash("sha256")
  await pipeline(createReadStream(path), hash)
  const { size } = await stat(path)
  const found = `${size} bytes, sha256 ${hash.digest("hex")}`
  return { section: "model", name: basename(path), status: "ok", found }
}

function problem(name: string, error: unknown): Finding {
  return { section: "model", name, status: "missing", ...withRemedy(asError(error).message) }
}

async function examineCanary(where: string, open: () => Promise<Labeller>): Promise<Finding> {
  const startMs = performance.now()
  try {
    await using labeller = await open()
    const openedMs = performance.now()
    const [result] = await labeller.label([canary])
    if (result?.error) return { section: "model", name: where, status: "missing", found: result.error.message }
    const times = `loaded in ${Math.round(openedMs - startMs)} ms, labelled in ${(performance.now() - openedMs).toFixed(1)} ms`
    const found = `"${canary}" is ${result?.label}, ${result?.score.toFixed(4)}; ${times}`
    return { section: "model", name: where, status: "ok", found }
  } catch (error) {
    return problem(where, error)
  }
}

async function examineLexicon(model: string): Promise<Finding[]> {
  try {
    return [await examineFile(findLexicon(model)), await examineCanary(model, () => createLexiconLabeller({ model }))]
  } catch (error) {
    return [problem(model, error)]
  }
}

/** The command that measures what was asked for: a flag for everything that is no default. */
function tuneCommand(request: ModelRequest): string {
  const flags = (["model", "dtype", "device", "children"] as const)
    .filter(name => request[name] !== modelOptions[name].default)
    .map(name => `--${name} ${shellWord(String(request[name]))}`)
  return ["valence tune", ...flags].join(" ")
}

const shellWord = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)

/** What is known of a device's speed. */
export function judgeTuning(device: string, tuning: Tuning | undefined, command: string): Finding {
  const finding = { section: "model", name: `tuning of ${device}` } as const
  if (tuning === undefined)
    return { ...finding, status: "absent", found: "not measured: the defaults are used", remedy: command }
  const { children, maxBatchTokens, tokensPerSecond, complete, measuredAt } = tuning
  const found = `children ${children}, token budget ${maxBatchTokens}, ${tokensPerSecond} tokens/s, measured ${measuredAt}`
  if (complete) return { ...finding, status: "ok", found }
  return { ...finding, status: "ok", found: `${found}, without time for every setting`, remedy: command }
}

async function examineCheckpoint(request: ModelRequest & { readonly offline: boolean }): Promise<Finding[]> {
  const { startTimeoutMs, runTimeoutMs, maxBatchTokens, maxBatchTexts } = classifierOptions
  const batching = completeOptions({ maxBatchTokens, maxBatchTexts }, {})
  const settings = { ...request, startTimeoutMs: startTimeoutMs.default, runTimeoutMs: runTimeoutMs.default }
  const { opened, fellBack } = await onDevices(request, async devices => {
    const { info, stored } = await findModelFor(devices, settings)
    const findings: Finding[] = [
      { section: "model", name: info.name, status: "ok", found: `${info.dtype}, revision ${info.revision}` },
    ]
    for (const file of [stored.graph, ...stored.tokenizer, stored.config]) findings.push(await examineFile(file))
    for (const device of devices) {
      const tuning = await readTuning(tuningKey(device, info))
      findings.push(judgeTuning(device.name, tuning, tuneCommand({ ...request, device: device.name })))
      const limits = limitsOf(device, batching, tuning)
      findings.push(...judgeShapes(device.name, limits.maxBatchTokens, shapesOf(device, limits, info.maxLength)))
    }
    return findings
  })
  const warning: Finding[] =
    fellBack === undefined ? [] : [{ section: "model", name: "device", status: "warning", ...withRemedy(fellBack) }]
  return [...opened, ...warning]
}

/**
 * A model that was asked for: its files, what is known of its speed, a text that it labels on the devices asked for, and if a CPU
 * is one of these, its int8 graph next to fp32.
 */
export async function examineModel({ model, dtype, device, children }: ModelRequest): Promise<Finding[]> {
  // doctor examines what exists, and downloads nothing.
  const request = { model, dtype, device, children, offline: true }
  const labelling = `labels on ${device}`
  if (isLexicon(model)) return examineLexicon(model)
  try {
    const files = await examineCheckpoint(request)
    const canaries = await examineCanary(labelling, () => createClassifier(request))
    const isOnCpu = /(^|,)(cpu|auto)/.test(device)
    const comparison = canaries.status === "ok" && isOnCpu ? await examineInt8(model) : []
    return [...files, canaries, ...comparison]
  } catch (error) {
    const lacksDevice = error instanceof ValenceError && error.code === "device_missing"
    return [problem(lacksDevice ? labelling : model, error)]
  }
}
