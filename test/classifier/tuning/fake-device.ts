import type { Device } from "../../../src/classifier/devices/device.ts"
import { ValenceError } from "../../../src/errors.ts"

/**
 * A device whose runs report the time that its speed implies.
 *
 * @param tokensPerSecond - its speed in a run of this many tokens
 * @param most - tokens that it has memory for
 */
export function deviceOf(tokensPerSecond: (tokens: number) => number, most = Infinity): Device {
  return {
    pid: 1,
    died: new Promise(() => {}),
    destroy() {},
    async run({ rows, longest }) {
      const tokens = rows * longest
      if (tokens > most)
        return { error: new ValenceError("text_failed", "out of memory"), begun: true, outOfMemory: true }
      return { logits: new Float32Array(rows), runMs: (tokens / tokensPerSecond(tokens)) * 1000 }
    },
  }
}
