import { createHash, randomBytes } from "node:crypto"

/** Characters of a name that say whose it is. */
const ownerLength = 8

/** What a request's jobs are called in Redis; their number is part of the request's id, so that any server can find them. */
export interface RequestJobs {
  /** The id of the request. */
  readonly id: string
  readonly jobs: readonly string[]
}

/**
 * A name for the jobs of a request, which no one can guess. It says whose they are, so that no key finds another's jobs even if it
 * knows their id.
 *
 * @param owner - the name of the API key; empty without keys
 */
export function newJobName(owner: string): string {
  const random = randomBytes(12).toString("hex")
  return `h${random}${ownerMark(random, owner)}`
}

/** The id of a request whose jobs were added under a name: `h1f…`, and `h1f…~3` if there are three. */
export function requestIdOf(name: string, jobs: number): string {
  return jobs === 1 ? name : `${name}~${jobs}`
}

/**
 * The jobs of a request, as `splitJobs` calls them; `undefined` for what is no id of a request, and for another owner's.
 *
 * @param mostJobs - that a request may have: anyone can write an id that asks for more
 */
export function jobsOf(id: string, owner: string, mostJobs: number): RequestJobs | undefined {
  const [, random = "", mark = "", count = "1"] = /^h([0-9a-f]{24})([0-9a-f]{8})(?:~([1-9]\d{0,4}))?$/.exec(id) ?? []
  const jobs = Number(count)
  if (random === "" || mark !== ownerMark(random, owner) || jobs > mostJobs) return undefined
  const name = `h${random}${mark}`
  return { id, jobs: jobs === 1 ? [name] : Array.from({ length: jobs }, (_, index) => `${name}.${index}`) }
}

function ownerMark(random: string, owner: string): string {
  return createHash("sha256").update(`${random}\n${owner}`).digest("hex").slice(0, ownerLength)
}
