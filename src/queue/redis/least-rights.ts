import { asError, ValenceError } from "../../errors.ts"

/** The Redis command that gives a user the least rights that suffice for producers, workers and servers. */
export function leastRights(user: string, keyPrefix = "{valence}"): string {
  return `ACL SETUSER ${user} on '>PASSWORD' '~${keyPrefix}*' '&${keyPrefix}*' +@all -@admin -@dangerous +info`
}

/**
 * An error of Redis, with the command that grants what is missing if it is a missing right (NOPERM).
 *
 * @returns ValenceError `redis_invalid`, or the error as it is
 */
export function withMissingRight(error: unknown, user = "USER"): Error {
  const { message } = asError(error)
  if (!message.startsWith("NOPERM")) return asError(error)
  const fix = `give the user the rights that it needs: ${leastRights(user)}`
  return new ValenceError("redis_invalid", `redis refuses what Valence needs: ${message}; ${fix}`, { cause: error })
}
