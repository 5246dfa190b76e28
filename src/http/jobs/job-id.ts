import { randomBytes } from "node:crypto"

/** More jobs are in no request. */
const mostJobs = 10_000

/** What a request's jobs are called in Redis; their number is part of the request's id, so that any server can find them. */
export interface RequestJobs {
  /** Of the request. */
  readonly id: string
  readonly jobs: readonly string[]
}

/** A name for the jobs of a request, which nobody can guess. */
export function newJobName(): string {
  return `h${randomBytes(16).toString("hex")}`
}

/** The id of a request whose jobs were added under a name: `h1f…`, and `h1f…~3` where there are three. */
export function requestIdOf(name: string, jobs: number): string {
  return jobs === 1 ? name : `${name}~${jobs}`
}

/** The jobs of a request, as `splitJobs` calls them; `undefined` for what is no id of a request. */
export function jobsOf(id: string): RequestJobs | undefined {
  const [, name = "", count = "1"] = /^(h[0-9a-f]{32})(?:~([1-9]\d{0,4}))?$/.exec(id) ?? []
  const jobs = Number(count)
  if (name === "" || jobs > mostJobs) return undefined
  return { id, jobs: jobs === 1 ? [name] : Array.from({ length: jobs }, (_, index) => `${name}.${index}`) }
}
