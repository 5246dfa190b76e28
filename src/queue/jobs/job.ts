import { readFileSync } from "node:fs"
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js"
import { shown, ValenceError } from "../../errors.ts"
import { fromPackageRoot } from "../../files/package-root.ts"
import type { LabelledText, LabelOptions, ModelInfo, ScoreFunction } from "../../labeller.ts"

/** The data of a job: `schemas/job.schema.json`. */
export interface JobData {
  readonly v: 1
  readonly texts: readonly { readonly id?: string; readonly text: string }[]
  readonly options?: Pick<
    LabelOptions,
    "topK" | "labels" | "scoreFunction" | "maxLength" | "longText" | "stride" | "empty" | "pooling"
  >
  /** The model that must label the texts; default: that of any worker. */
  readonly model?: Partial<JobResult["model"]>
  /** Ms after the job's timestamp. */
  readonly deadlineMs?: number
  readonly replyTo?: string
}

/** What a worker stores of a job that is completed: `schemas/result.schema.json`. */
export interface JobResult {
  readonly v: 1
  readonly model: Pick<ModelInfo, "name" | "revision" | "dtype">
  readonly results: readonly (LabelledText & { readonly id?: string })[]
  readonly timings: { readonly queueMs: number; readonly labelMs: number }
}

const schema = () => JSON.parse(readFileSync(fromPackageRoot("schemas", "job.schema.json"), "utf8")) as object

let validate: ReturnType<Ajv2020["compile"]> | undefined

/**
 * The data of a job, added by any producer.
 *
 * @throws ValenceError `job_invalid`, naming the part, the rule and the value
 */
export function readJob(data: unknown): JobData {
  validate ??= new Ajv2020({ verbose: true, allowUnionTypes: true }).compile(schema())
  if (validate(data)) return withNewNames(data as StoredJob)
  throw new ValenceError("job_invalid", describe(validate.errors?.[0], data))
}

/** Data that may have been written by a producer of an earlier version, or in another language. */
type StoredJob = JobData & { readonly options?: { readonly function?: ScoreFunction } }

function withNewNames(data: StoredJob): JobData {
  if (data.options?.function === undefined) return data
  const { function: scoreFunction, ...options } = data.options
  return { ...data, options: { scoreFunction, ...options } }
}

/**
 * Checks that a job is for a model: none is labelled by another than it names.
 *
 * @throws ValenceError `model_changed`
 */
export function requireJobModel({ model: wanted = {} }: JobData, { name, revision, dtype }: ModelInfo): void {
  const own: JobResult["model"] = { name, revision, dtype }
  const members = Object.keys(wanted) as (keyof typeof own)[]
  if (members.every(member => wanted[member] === own[member])) return
  const rule = `job must be labelled by a worker with ${members.map(member => `${member} ${wanted[member]}`).join(", ")}`
  throw new ValenceError("model_changed", `${rule}; this one has ${name} ${dtype} ${revision}`)
}

function describe(error: ErrorObject | undefined, data: unknown): string {
  const part = error?.instancePath ? `job ${error.instancePath}` : "job"
  if (error?.keyword === "additionalProperties")
    return `${part} must have no property ${shown(error.params["additionalProperty"])}`
  if (error?.keyword === "required") return `${part} must have a property ${shown(error.params["missingProperty"])}`
  return `${part} ${ruleOf(error)}; got ${shown(error ? error.data : data)}`
}

function ruleOf(error: ErrorObject | undefined): string {
  if (error?.keyword === "const") return `must be ${shown(error.params["allowedValue"])}`
  if (error?.keyword === "enum") return `must be one of ${(error.params["allowedValues"] as string[]).join(", ")}`
  return error?.message ?? "must be as in schemas/job.schema.json"
}
