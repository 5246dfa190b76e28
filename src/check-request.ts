import { shown, ValenceError } from "./errors.ts"

/** Every member that a request may have. */
export type MembersOf<R> = Readonly<Record<keyof R, true>>

/**
 * Refuses what is no object: most of all a name or a path where `{ model: NAME }` or `{ input: PATH }` is meant.
 *
 * @throws ValenceError `option_invalid`
 */
export function requireObject(request: unknown): void {
  if (typeof request === "object" && request !== null && !Array.isArray(request)) return
  throw new ValenceError("option_invalid", `the argument must be an object with named members; got ${shown(request)}`)
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
