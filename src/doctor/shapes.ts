import type { DeviceShapes } from "../classifier/plan/device-shapes.ts"
import type { Finding } from "./finding.ts"

/** The shapes that a device's micro-batches are padded to; nothing if it takes any. */
export function judgeShapes(device: string, maxBatchTokens: number, shapes: DeviceShapes | undefined): Finding[] {
  if (shapes === undefined) return []
  const most = new Map<number, number>()
  for (const { rows, longest } of shapes.all) most.set(longest, Math.max(rows, most.get(longest) ?? 0))
  const largest = [...most].sort(([a], [b]) => b - a).map(([longest, rows]) => `${rows}x${longest}`)
  const found = `${shapes.all.length} for a token budget of ${maxBatchTokens}: rows x tokens ${largest.join(" ")}, and fewer rows of each, down to 1`
  return [{ section: "model", name: `shapes of ${device}`, status: "ok", found }]
}
