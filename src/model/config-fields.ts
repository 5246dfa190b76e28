import { asError, shown, ValenceError } from "../errors.ts"

/** The fields of a `config.json`, read one after the other; if one does not fit, file, field, rule and value are named. */
export class ConfigFields {
  readonly #fields: Record<string, unknown>
  readonly #file: string

  constructor(json: string, file: string) {
    this.#file = file
    try {
      const fields: unknown = JSON.parse(json)
      if (typeof fields !== "object" || fields === null || Array.isArray(fields)) throw new Error("it is not an object")
      this.#fields = fields as Record<string, unknown>
    } catch (cause) {
      throw new ValenceError("model_invalid", `${file} must hold a JSON object; ${asError(cause).message}`, { cause })
    }
  }

  refuse(field: string, rule: string): ValenceError {
    return new ValenceError(
      "model_invalid",
      `${this.#file}: ${field} must be ${rule}; got ${given(this.#fields[field])}`,
    )
  }

  value(field: string): unknown {
    return this.#fields[field]
  }

  /** The names of the fields that have a value. */
  names(): string[] {
    return Object.keys(this.#fields)
  }

  /** A whole number; `absent` counts if none exists. */
  count(field: string, min: number, max: number, absent?: number): number {
    const value = this.#fields[field] ?? absent
    if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) return value as number
    throw this.refuse(field, `a whole number, ${min} to ${max}`)
  }

  /** A number above 0, and 1 at most. */
  fraction(field: string, absent: number): number {
    const value = this.#fields[field] ?? absent
    if (typeof value === "number" && value > 0 && value <= 1) return value
    throw this.refuse(field, "a number above 0, 1 at most")
  }

  choice<const C extends string>(field: string, choices: readonly C[], absent: C): C {
    const value = this.#fields[field] ?? absent
    const chosen = choices.find(choice => choice === value)
    if (chosen !== undefined) return chosen
    throw this.refuse(field, `${choices.length > 1 ? "one of " : ""}${choices.join(", ")}`)
  }

  /** Refuses what a graph would leave out in silence. */
  requireOff(field: string, rule: string): void {
    const value = this.#fields[field]
    const isOff = value == null || value === false || (typeof value === "object" && Object.keys(value).length === 0)
    if (!isOff) throw this.refuse(field, rule)
  }
}

/** A value of a JSON file as an error shows it: as JSON, if it is not nested too deep for that. */
export function given(value: unknown): string {
  if (typeof value !== "object") return shown(value)
  try {
    return shown(JSON.stringify(value))
  } catch {
    return "a value that is nested too deep to be shown"
  }
}
