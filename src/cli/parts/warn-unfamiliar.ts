import { stderr } from "node:process"
import type { Labeller } from "../../labeller.ts"

/**
 * A labeller that warns once, on standard error, if the model hardly knows the characters or the language of a text.
 *
 * @param labeller - closed with this one
 */
export function warnUnfamiliar(labeller: Labeller): Labeller {
  let warned = false
  return {
    model: labeller.model,
    async label(texts, options) {
      const results = await labeller.label(texts, options)
      const at = results.findIndex(result => !result.error && result.unfamiliar)
      if (at >= 0 && !warned) {
        warned = true
        const text = (texts[at] as string).slice(0, 40).toWellFormed()
        stderr.write(
          `warning: ${labeller.model.name} hardly knows the characters or the language of ${JSON.stringify(text)}: such labels mean little; --json marks them as unfamiliar\n`,
        )
      }
      return results
    },
    close: () => labeller.close(),
    [Symbol.asyncDispose]: () => labeller.close(),
  }
}
