import { asError } from "../../errors.ts"
import type { Shape } from "../../model/micro-batch.ts"
import { saysOutOfMemory } from "./out-of-memory.ts"

/**
 * Runs each shape once, so that a device has taken its memory and prepared its kernels before texts come. A shape that does not fit
 * into memory is passed over: texts that need it are run in smaller parts.
 *
 * @param hasTime - asked before each shape but the first
 * @throws any other error of a run
 */
export async function warmUp(
  run: (shape: Shape) => Promise<unknown>,
  shapes: readonly Shape[],
  hasTime: () => boolean,
): Promise<void> {
  for (const [index, shape] of shapes.entries()) {
    if (index > 0 && !hasTime()) return
    try {
      await run(shape)
    } catch (error) {
      if (!saysOutOfMemory(asError(error).message)) throw error
    }
  }
}
