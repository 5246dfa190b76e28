import { asError, shown } from "../errors.ts"

/** What is needed of BullMQ's backend: it runs a script, and returns what that returns. */
export interface ScriptBackend {
  execCommand(client: unknown, command: string, args: unknown[]): unknown
}

/** Scripts that return the next job: the fields of its hash, and its id. */
const takingScripts = ["moveToActive", "moveToFinished", "moveToDelayed"]

/** Fields of a job that BullMQ parses as JSON before anyone can catch what that throws, and what they are without a value. */
const parsedFields: Readonly<Record<string, string>> = { opts: "{}", progress: "0", parent: "" }

/**
 * Lets a worker of BullMQ read every job. If a field cannot be read, the job gets a failure instead of the field, with which it
 * ends in the dead letters. Otherwise it would be taken again and again, beyond any limit.
 */
export function readEveryJob(backend: ScriptBackend): void {
  const run = backend.execCommand.bind(backend)
  backend.execCommand = (client, command, args) => {
    const result = run(client, command, args)
    if (!takingScripts.includes(command) || !(result instanceof Promise)) return result
    return result.then((reply: unknown) => {
      if (Array.isArray(reply) && Array.isArray(reply[0])) reply[0] = readableFields(reply[0])
      return reply
    })
  }
}

/**
 * The fields of a job, such that BullMQ can read them.
 *
 * @param fields - names and values by turns
 */
export function readableFields(fields: readonly string[]): string[] {
  const readable = [...fields]
  for (let at = 0; at < fields.length; at += 2) {
    const [name = "", value = ""] = fields.slice(at, at + 2)
    const without = parsedFields[name]
    if (without === undefined) continue
    const problem = problemOf(name, value)
    if (problem === undefined) continue
    readable[at + 1] = without
    // BullMQ's field for a failure that is due.
    readable.push("defa", `job_invalid: ${problem}`)
  }
  return readable
}

function problemOf(name: string, json: string): string | undefined {
  // BullMQ takes an empty field for one that is not there.
  if (json === "") return undefined
  try {
    const value: unknown = JSON.parse(json)
    const isRight = name === "progress" || (typeof value === "object" && value !== null)
    return isRight ? undefined : `job ${name} must be an object; got ${shown(value)}`
  } catch (error) {
    return `job ${name} must be JSON; got ${shown(json)} (${asError(error).message})`
  }
}
