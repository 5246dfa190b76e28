import { shown, ValenceError } from "./errors.ts"

/** Every member that a request may have. */
export type MembersOf<R> = Readonly<Record<keyof R, true>>

/**
 * Refuses what is no object: most of all a name or a path where `{ model: NAME }` or `{ input: PATH }` is meant.
 *
 * @param name - what the message calls it
 * @throws ValenceError `option_invalid`
 */
export function requireObject(request: unknown, name = "the argument"): void {
  if (typeof request === "object" && request !== null && !Array.isArray(request)) return
  throw new ValenceError("option_invalid", `${name} must be an object with named members; got ${shown(request)}`)
}

/**
 * Refuses an option that a call does not take.
 *
 * @param taken - an object with the names of those that it takes
 * @throws ValenceError `option_invalid`, naming it and all that the call takes
 */
export function requireKnown(given: object, taken: object): void {
  for (const name of Object.keys(given))
    if (!Object.hasOwn(taken, name))
      throw new ValenceError(
        "option_invalid",
        `option ${name} is not known; the options are ${Object.keys(taken).join(", ")}`,
      )
}

/**
 * Refuses what is neither `undefined` nor an `AbortSignal`.
 *
 * @param name - what the message calls it
 * @throws ValenceError `option_invalid`
 */
export function requireSignal(name: string, signal: unknown): void {
  const { addEventListener } = (signal ?? {}) as Partial<AbortSignal>
  if (signal === undefined || (typeof addEventListener === "function" && "aborted" in (signal as object))) return
  throw new ValenceError("option_invalid", `${name} must be an AbortSignal; got ${shown(signal)}`)
}

/**
 * Refuses arguments after the ones that a method takes: nothing reads them.
 *
 * @param rule - the method, and what it takes
 * @throws ValenceError `option_invalid`
 */
export function requireNoMore(rule: string, more: readonly unknown[]): void {
  if (more.length === 0) return
  throw new ValenceError("option_invalid", `${rule} and nothing more; got ${shown(more[0])} as well`)
}

/**
 * Refuses what is no list of ids; a string would be a list of its characters.
 *
 * @throws ValenceError `option_invalid`
 */
export function requireIds(ids: unknown): asserts ids is Iterable<string> {
  const isList = typeof ids === "object" && ids !== null && Symbol.iterator in ids
  if (!isList) throw new ValenceError("option_invalid", `ids must be a list of ids; got ${shown(ids)}`)
}

/**
 * Refuses what is no path.
 *
 * @param name - the member that has it
 * @throws ValenceError `option_invalid`
 */
export function requirePath(name: string, path: unknown): void {
  if (typeof path === "string" && path !== "") return
  throw new ValenceError("option_invalid", `${name} must be a path; got ${shown(path)}`)
}

/**
 * Refuses a request with a member that nothing reads, such as an option next to `options`, and one without a labeller.
 *
 * @throws ValenceError `option_invalid`, naming the member
 * @example
 * checkRequest({ labeller, minScore: 0.8 }, { labeller: true, options: true }, corpusOptions)
 * // throws: minScore must be a member of options
 */
export function checkRequest<R extends { readonly labeller: unknown }>(
  request: R,
  members: MembersOf<R>,
  options: object,
): void {
  requireObject(request)
  for (const name of Object.keys(request)) {
    if (Object.hasOwn(members, name)) continue
    const rule = Object.hasOwn(options, name)
      ? "must be a member of options"
      : `is not known; the members are ${Object.keys(members).join(", ")}`
    throw new ValenceError("option_invalid", `${name} ${rule}`)
  }
  const { labeller } = request
  if (typeof (labeller as { label?: unknown } | undefined)?.label === "function") return
  throw new ValenceError(
    "option_invalid",
    `labeller must be a labeller, such as createClassifier or openLabeller returns; got ${shown(labeller)}`,
  )
}
