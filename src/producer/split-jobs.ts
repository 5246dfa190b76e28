import { randomBytes } from "node:crypto"
import { shown, ValenceError } from "../errors.ts"
import { reservedNames } from "../queue/jobs/names.ts"

/** A job ends at this number of characters of text. */
const maxJobCharacters = 1024 * 1024

/** Some of a call's texts, which become one job. */
export interface JobTexts {
  readonly id: string
  readonly texts: readonly string[]
  /** Index of the first of them in the call. */
  readonly from: number
}

/** Ids end up in Redis keys and in messages of many ids. BullMQ wants no colons, and nothing that is a number. */
const idRule = "must be 1 to 200 of the characters A-Z a-z 0-9 . _ - and not a number"

/** The id of one of several jobs that a call became, counted from 0. */
export const nthJobId = (call: string, index: number) => `${call}.${index}`

/**
 * Cuts a call's texts into jobs, in order. Cuts depend on the texts alone, and so do the ids of a named call.
 *
 * @param name - the call's name; a call without has random ids
 * @throws ValenceError `option_invalid` if the name cannot be an id
 */
export function splitJobs(texts: readonly string[], maxTexts: number, name: string | undefined): JobTexts[] {
  if (name !== undefined && (typeof name !== "string" || !/^[\w.-]{1,200}$/.test(name) || /^[\d.]+$/.test(name)))
    throw new ValenceError("option_invalid", `id ${idRule}; got ${shown(name)}`)
  if (name !== undefined && reservedNames.has(name))
    throw new ValenceError(
      "option_invalid",
      `id must not be a name that BullMQ uses for its own keys; got ${shown(name)}`,
    )
  const base = name ?? `j${randomBytes(12).toString("hex")}`
  const jobs: JobTexts[] = []
  for (let from = 0; from < texts.length; ) {
    let [to, characters] = [from, 0]
    do {
      characters += texts[to]?.length ?? 0
      to += 1
    } while (to < texts.length && to - from < maxTexts && characters + (texts[to]?.length ?? 0) <= maxJobCharacters)
    // A call that fits into one job names that job.
    const id = from === 0 && to === texts.length ? base : nthJobId(base, jobs.length)
    jobs.push({ id, texts: texts.slice(from, to), from })
    from = to
  }
  return jobs
}
