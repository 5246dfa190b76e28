/**
 * How something is: `ok`; a `warning` where it works and is not as it should be; `missing` where it was asked for and cannot be
 * used; `absent` where it is not there and nobody asked for it.
 */
export type FindingStatus = "ok" | "warning" | "missing" | "absent"

/** What was looked at, and how it is. */
export interface Finding {
  readonly section: "machine" | "ONNX Runtime" | "GPU" | "Redis" | "model"
  readonly name: string
  readonly status: FindingStatus
  /** What is there, or what is wrong. */
  readonly found: string
  /** A command that mends it, or what to do. */
  readonly remedy?: string
}

/** A message of Valence, taken apart where it ends with a command that mends what it tells of. */
export function withRemedy(message: string): Pick<Finding, "found" | "remedy"> {
  const [, found = message, remedy] = /^(.*?)[;,] \w+ it with: (.*)$/s.exec(message) ?? []
  return remedy === undefined ? { found } : { found, remedy }
}
