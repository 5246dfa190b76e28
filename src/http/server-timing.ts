import type { LabelTimings } from "../labeller.ts"

/** Collects what a call took, for the header `Server-Timing`. */
export function serverTiming(): { add(timings: LabelTimings): void; header(): string } {
  const longest = new Map<string, number>()
  const startedMs = performance.now()
  return {
    // Where a call was several jobs, they ran at the same time.
    add(timings) {
      for (const [name, ms] of Object.entries(timings)) {
        const stage = name.replace(/Ms$/, "")
        longest.set(stage, Math.max(longest.get(stage) ?? 0, ms))
      }
    },
    header() {
      const stages = [...longest, ["total", performance.now() - startedMs] as const]
      return stages.map(([stage, ms]) => `${stage};dur=${ms.toFixed(2)}`).join(", ")
    },
  }
}
