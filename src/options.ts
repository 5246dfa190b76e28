import { shown, ValenceError } from "./errors.ts"
import type { LabelOptions } from "./labeller.ts"

/** An option, declared once: flags, environment, help, validation and types all come from here. */
export interface Declaration<T> {
  readonly default: T
  /** One line for `--help` and the README, without a full stop. */
  readonly help: string
  /** What a value must be, as error messages say it: "must be a whole number of ms, 0 or more". */
  readonly rule: string
  /** The value's name in `--help`, such as `ms`; absent for a switch. */
  readonly unit?: string
  readonly choices?: readonly string[]
  /** Reads an environment variable where neither a flag nor a caller gave a value. */
  readonly env?: string
  /** The value, from a program or from a command line's text; `undefined` where it breaks the rule. */
  read(value: unknown): T | undefined
}

type Extra = { readonly help: string; readonly env?: string }
type Declarations = Readonly<Record<string, Declaration<unknown>>>

/** What a caller may give. */
export type Given<D extends Declarations> = { readonly [K in keyof D]?: D[K]["default"] | undefined }

/** What the code behind the door works with: complete and readonly. */
export type Complete<D extends Declarations> = { readonly [K in keyof D]: D[K]["default"] }

function range(min: number, max: number): string {
  return max === Infinity ? `${min} or more` : `${min} to ${max}`
}

/** A whole number of `unit`, from `min` to `max`. */
export function count<T extends number | undefined = number>(
  of: Extra & { readonly default: T; readonly min: number; readonly max?: number; readonly unit: string },
): Declaration<T | number> {
  const max = of.max ?? Infinity
  return {
    ...of,
    rule: `must be a whole number of ${of.unit}, ${range(of.min, max)}`,
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
    read: value => of.choices.find(known => known === value),
  }
}

/** Any text but the empty one. */
export function text<T extends string | undefined>(
  of: Extra & { readonly default: T; readonly unit: string },
): Declaration<T | string> {
  return {
    ...of,
    rule: "must be a text that is not empty",
    read: value => (typeof value === "string" && value !== "" ? value : undefined),
  }
}

/** A switch: off unless it is given. */
export function toggle(of: Extra): Declaration<boolean> {
  return {
    ...of,
    default: false,
    rule: "must be true or false",
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
  if (read === undefined) throw new ValenceError("option_invalid", `${name} ${declaration.rule}; got ${shown(value)}`)
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

/** Which model labels, in which precision and where. */
export const modelOptions = {
  model: text({
    default: "sst2-small",
    unit: "model",
    env: "VALENCE_MODEL",
    help: "a bundled model or lexicon by name, a checkpoint folder, or a lexicon file (.tsv)",
  }),
  dtype: choice({
    default: "int8",
    choices: ["int8", "fp32"],
    unit: "dtype",
    env: "VALENCE_DTYPE",
    help: "precision of the graph",
  }),
  device: text({
    default: "cpu",
    unit: "device",
    env: "VALENCE_DEVICE",
    help: "cpu (one child process for each core granted) or cpu:N",
  }),
} as const

/** The longest time that a timer of Node can wait: more would fire at once. */
export const longestTimerMs = 2 ** 31 - 1

/** How a classifier batches and guards its devices. */
export const classifierOptions = {
  ...modelOptions,
  maxBatchTokens: count({
    default: 512,
    min: 1,
    unit: "tokens",
    env: "VALENCE_MAX_BATCH_TOKENS",
    help: "token budget of a micro-batch, padding counted",
  }),
  maxBatchTexts: count({ default: 64, min: 1, unit: "texts", help: "most texts in a micro-batch" }),
  maxWaitMs: count({
    default: 0,
    min: 0,
    max: longestTimerMs,
    unit: "ms",
    help: "how long a text may wait for company while a device is free",
  }),
  bulkAgeMs: count({
    default: 500,
    min: 0,
    max: longestTimerMs,
    unit: "ms",
    help: "bulk texts that wait so long without a turn get the next one",
  }),
  runTimeoutMs: count({
    default: 60_000,
    min: 1,
    max: longestTimerMs,
    unit: "ms",
    help: "a device that takes longer for a micro-batch is killed and replaced",
  }),
  startTimeoutMs: count({
    default: 60_000,
    min: 1,
    max: longestTimerMs,
    unit: "ms",
    help: "a device that takes longer to load its model is killed, and started again",
  }),
  maxTextLength: count({
    default: 2_000_000,
    min: 1,
    unit: "UTF-16 units",
    help: "a longer text is refused: tokenising takes some 100 bytes of memory for each",
  }),
} as const

/** What `createClassifier` takes. */
export type ClassifierOptions = Given<typeof classifierOptions>

/** How a text is scored. */
export const scoreOptions = {
  topK: {
    default: undefined,
    unit: "k",
    help: "list the k best scores of each text, or all",
    rule: 'must be a whole number of labels, 1 or more, or "all"',
    read: value => (value === "all" ? "all" : count({ default: 1, min: 1, unit: "labels", help: "" }).read(value)),
  } as Declaration<number | "all" | undefined>,
  function: choice({
    default: undefined,
    choices: ["softmax", "sigmoid", "none"],
    unit: "function",
    help: "how logits become scores (default: as the model says)",
  }),
  maxLength: count({
    default: undefined,
    min: 2,
    unit: "tokens",
    help: "truncate texts to so many tokens (default: the model's limit)",
  }),
} as const

/** What a call of `label()` may choose. */
export const labelOptions = {
  ...scoreOptions,
  lane: choice({
    default: "interactive",
    choices: ["interactive", "bulk"],
    unit: "lane",
    help: "which waiting line the texts stand in: interactive goes first",
  }),
} as const

/**
 * What a call of `label()` chose, checked and filled in.
 *
 * @throws ValenceError `option_invalid`, also where `texts` is no array
 */
export function completeCall(
  texts: readonly string[],
  { signal: _, ...options }: LabelOptions,
): Complete<typeof labelOptions> {
  if (!Array.isArray(texts))
    throw new ValenceError("option_invalid", `texts must be an array of strings; got ${shown(texts)}`)
  return completeOptions(labelOptions, options)
}
