import { createHash } from "node:crypto"
import { shown, ValenceError } from "../errors.ts"
import { scoreOptions } from "../options.ts"
import type { JobData } from "../queue/jobs/job.ts"
import type { JobQueues } from "../queue/jobs/job-queues.ts"
import { lanes } from "../queue/jobs/names.ts"

type Contents = Pick<JobData, "texts" | "options">

/** The member of a named job's BullMQ options with the digest of its contents: reading it back is cheaper than its texts. */
const digestName = "valenceContents"

/** What a named job's BullMQ options say of its contents. */
export const contentsMark = (contents: Contents) => ({ [digestName]: digestOf(contents) })

/**
 * Refuses a call's `id` if jobs under it, in either lane, have other texts, or other options that scores depend on.
 *
 * @param name - the call's `id`
 * @param jobs - as the call would add them
 * @throws ValenceError `job_conflict`
 */
export async function requireSameJobs(
  queues: JobQueues,
  name: string,
  jobs: readonly { readonly id: string; readonly data: JobData }[],
): Promise<void> {
  const { redis } = queues
  // Commands that are sent in one turn of the event loop go to Redis together.
  const differing = await Promise.all(
    jobs.flatMap(({ id, data }) =>
      lanes.map(async lane => {
        const key = `${queues.keyOf(lane)}:${id}`
        const stored = await redis.hget(key, "opts")
        if (stored === null) return undefined
        const digest = markIn(stored) ?? digestOfStored(await redis.hget(key, "data"))
        return digest === undefined || digest === digestOf(data) ? undefined : id
      }),
    ),
  )
  const job = differing.find(id => id !== undefined)
  if (job === undefined) return
  const rule = `id ${shown(name)} was used before for other texts or options, and Redis still has its job ${job}`
  throw new ValenceError("job_conflict", `${rule}; choose another id, or discard([${shown(job)}]) first`)
}

/** The digest of what a job's results depend on. */
function digestOf({ texts, options = {} }: Contents): string {
  const names = Object.keys(scoreOptions) as (keyof typeof scoreOptions)[]
  const chosen = names
    .map(name => [name, options[name]] as const)
    .filter(([name, value]) => value !== undefined && value !== scoreOptions[name].default)
  const contents = JSON.stringify([texts.map(({ text }) => text), chosen])
  return createHash("sha256").update(contents).digest("base64url")
}

/** `undefined` for a job that a producer of an earlier version or in another language added, or that was retried. */
function markIn(stored: string): string | undefined {
  const mark = (JSON.parse(stored) as Record<string, unknown>)[digestName]
  return typeof mark === "string" ? mark : undefined
}

/** `undefined` if a job's texts are gone, because it was cancelled. */
function digestOfStored(stored: string | null): string | undefined {
  if (stored === null) return undefined
  const data = JSON.parse(stored) as Contents | null
  if (!Array.isArray(data?.texts)) return ""
  return data.texts.length === 0 ? undefined : digestOf({ texts: data.texts, options: data.options ?? {} })
}
