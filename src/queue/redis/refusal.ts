import { asError } from "../../errors.ts"

/** An answer of Redis that says why it does not do what it was asked for. */
export interface Refusal {
  /** Its first word: READONLY, OOM, NOPERM, ... */
  readonly code: string
  /** Redis's words. */
  readonly reason: string
  /** Whether it may end without a change of what is asked, so that waiting makes sense. */
  readonly passes: boolean
}

/** Refusals that end when the server recovers, is promoted, or has memory or disk space again. */
const passing = new Set([
  "READONLY",
  "OOM",
  "MISCONF",
  "LOADING",
  "MASTERDOWN",
  "CLUSTERDOWN",
  "NOREPLICAS",
  "TRYAGAIN",
  "BUSY",
  "UNBLOCKED",
])

/** Refusals after which another server may be found at the same address: the master became a replica. */
const movedOn = new Set(["READONLY", "MASTERDOWN", "LOADING"])

/** Redis names the script and the line in it: of no use to a reader. */
const scriptPart = / script: [0-9a-f]{40}.*$/s

const tooManyClients = "ERR max number of clients reached"

/** The refusal that an error of ioredis or BullMQ stands for; `undefined` if Redis did not refuse anything. */
export function refusalOf(error: unknown): Refusal | undefined {
  const { name, message, previousErrors } = asError(error) as Error & { readonly previousErrors?: readonly Error[] }
  if (name !== "ReplyError") return undefined
  // A transaction fails because one of its commands was refused before.
  if (message.startsWith("EXECABORT") && previousErrors?.[0]) return refusalOf(previousErrors[0])
  const reason = message.replace(scriptPart, "").replace(/\.$/, "")
  const [code = ""] = reason.split(" ", 1)
  return { code, reason, passes: passing.has(code) || reason.startsWith(tooManyClients) }
}

/** Whether Redis refused because this server is no longer the master: a new connection may find the one that is. */
export function isDemoted(error: unknown): boolean {
  return movedOn.has(refusalOf(error)?.code ?? "")
}

const cutOffMessage =
  /^Connection is closed\.$|^Too many Cluster redirections|^Failed to refresh slots cache|^None of startup nodes|^Cluster is ended/

/**
 * Whether a command got no answer because its connection ended. ioredis sends most of these again by itself, but not the
 * rest of a pipeline that was answered in part, and not all commands to a Cluster.
 */
export function isCutOff(error: unknown): boolean {
  const { name, message } = asError(error)
  return name === "AbortError" || cutOffMessage.test(message)
}

/** What is wrong with a Redis. */
export interface RedisTrouble {
  /** Whether Redis answers, and refuses what it is asked for; otherwise it does not answer. */
  readonly refuses: boolean
  readonly error: Error | undefined
}

/** What is wrong, in one line: `redis refuses jobs: OOM command not allowed when used memory > 'maxmemory'`. */
export function describeTrouble({ refuses, error }: RedisTrouble): string {
  if (refuses) return `redis refuses jobs: ${refusalOf(error)?.reason ?? error?.message}`
  return `redis is away${error?.message ? `: ${error.message}` : ""}`
}
