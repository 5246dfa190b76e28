/**
 * `ok`; `warning`: it works, but not as it should; `missing`: it was asked for and cannot be used; `absent`: it is not there, and
 * was not asked for.
 */
export type FindingStatus = "ok" | "warning" | "missing" | "absent"

/** One thing that was examined, and its state. */
export interface Finding {
  readonly section: "machine" | "ONNX Runtime" | "GPU" | "Redis" | "model"
  readonly name: string
  readonly status: FindingStatus
  /** What is there, or what is wrong. */
  readonly found: string
  /** The command that fixes it, or what to do. */
  readonly remedy?: string
}

/** A message of Valence, split if it ends with the command that fixes what it reports. */
export function withRemedy(message: string): Pick<Finding, "found" | "remedy"> {
  const [, found = message, remedy] = /^(.*?)[;,] (?:\w+ it with|fix): (.*)$/s.exec(message) ?? []
  return remedy === undefined ? { found } : { found, remedy }
}
