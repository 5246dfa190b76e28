import type { Lane } from "../labeller.ts"

/** The values of the label `lane`. */
export const lanes = ["interactive", "bulk"] as const satisfies readonly Lane[]
