import { shown, ValenceError } from "./errors.ts"

/** An option, declared once: flags, environment, help, validation and types all come from here. */
export interface Declaration<T> {
  readonly default: T
  /** One line for `--help` and the README, without a full stop. */
  readonly help: string
  /** The same for a switch that is on, of the flag that turns it off: what `--no-header` does. */
  readonly offHelp?: string
  /** What a value must be, as error messages say it: "must be a whole number of ms, 0 or more". */
  readonly rule: string
  /** The value's name in `--help`, such as `ms`; absent for a switch. */
  readonly unit?: string
  readonly choices?: readonly string[]
  /** A value as JSON has it: a part of JSON Schema, for requests and jobs. */
  readonly json?: Readonly<Record<string, unknown>>
  /** Reads an environment variable if neither a flag nor a caller gave a value. */
  readonly env?: string
  /** The value, from a program or from a command line's text; `undefined` if it breaks the rule. */
  read(value: unknown): T | undefined
  /** How an error shows a value that breaks the rule, if a part of it is secret. */
  show?(value: unknown): string | undefined
}

type Extra = { readonly help: string; readonly env?: string }
type Declarations = Readonly<Record<string, Declaration<unknown>>>

/** What a caller may give. */
export type Given<D extends Declarations> = { readonly [K in keyof D]?: D[K]["default"] | undefined }

/** What the code after the door works with: complete and readonly. */
export type Complete<D extends Declarations> = { readonly [K in keyof D]: D[K]["default"] }

function range(min: number, max: number): string {
  return max === Infinity ? `${min} or more` : `${min} to ${max}`
}

/** A whole number of `unit`, or the `noun` of a number that counts nothing, from `min` to `max`. */
export function count<T extends number | undefined = number>(
  of: Extra & {
    readonly default: T
    readonly min: number
    readonly max?: number
    readonly unit: string
    readonly noun?: string
  },
): Declaration<T | number> {
  const max = of.max ?? Infinity
  return {
    ...of,
    rule: `must be ${of.noun ?? `a whole number of ${of.unit}`}, ${range(of.min, max)}`,
    json: { type: "integer", minimum: of.min, ...(max < Infinity && { maximum: max }) },
    read(value) {
      const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value
      return Number.isSafeInteger(number) && (number as number) >= of.min && (number as number) <= max
        ? (number as number)
        : undefined
    },
  }
}

/** A number from `min` to `max`. */
export function fraction<T extends number | undefined = number>(
  of: Extra & { readonly default: T; readonly min: number; readonly max: number; readonly unit: string },
): Declaration<T | number> {
  return {
    ...of,
    rule: `must be a number, ${range(of.min, of.max)}`,
    json: { type: "number", minimum: of.min, maximum: of.max },
    read(value) {
      const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value
      return typeof number === "number" && number >= of.min && number <= of.max ? number : undefined
    },
  }
}

/** One of several words. */
export function choice<const C extends string, T extends C | undefined>(
  of: Extra & { readonly default: T; readonly choices: readonly C[]; readonly unit: string },
): Declaration<T | C> {
  return {
    ...of,
    rule: `must be one of ${of.choices.join(", ")}`,
    json: { type: "string", enum: of.choices },
    read: value => of.choices.find(known => known === value),
  }
}

/** Any text but the empty one. */
export function text<T extends string | undefined>(
  of: Extra & { readonly default: T; readonly unit: string },
): Declaration<T | string> {
  return {
    ...of,
    rule: "must be a non-empty text",
    json: { type: "string", minLength: 1 },
    read: value => (typeof value === "string" && value !== "" ? value : undefined),
  }
}

/** A switch: off unless it is given, or, with a default, on unless it is given with `no`. */
export function toggle(of: Extra & { readonly default?: boolean; readonly offHelp?: string }): Declaration<boolean> {
  return {
    default: false,
    ...of,
    rule: "must be true or false",
    json: { type: "boolean" },
    read: value =>
      value === true || value === "true" ? true : value === false || value === "false" ? false : undefined,
  }
}

/**
 * The value of one option.
 *
 * @param name - as the caller knows it: `maxWaitMs` in a program, `--max-wait-ms` on a command line
 * @throws ValenceError `option_invalid`, naming the option, the rule and the value
 */
export function readOption<T>(name: string, declaration: Declaration<T>, value: unknown): T {
  const read = declaration.read(value)
  if (read === undefined) {
    const got = declaration.show?.(value) ?? shown(value)
    throw new ValenceError("option_invalid", `${name} ${declaration.rule}; got ${got}`)
  }
  return read
}

/**
 * The options as given, checked, and filled in from the environment and the defaults.
 *
 * @throws ValenceError `option_invalid`, naming the option, the rule and the value, or the options there are
 */
export function completeOptions<D extends Declarations>(
  declarations: D,
  given: Given<D>,
  env: NodeJS.ProcessEnv = process.env,
): Complete<D> {
  for (const name of Object.keys(given))
    if (!Object.hasOwn(declarations, name))
      throw new ValenceError(
        "option_invalid",
        `option ${name} is not known; the options are ${Object.keys(declarations).join(", ")}`,
      )
  const complete: Record<string, unknown> = {}
  for (const [name, declaration] of Object.entries(declarations)) {
    const value = given[name]
    const fromEnv = declaration.env === undefined ? undefined : env[declaration.env]
    if (value !== undefined) complete[name] = readOption(name, declaration, value)
    else if (fromEnv && declaration.env) complete[name] = readOption(declaration.env, declaration, fromEnv)
    else complete[name] = declaration.default
  }
  return complete as Complete<D>
}

/** The longest time that a timer of Node can wait: more would fire at once. */
export const longestTimerMs = 2 ** 31 - 1
