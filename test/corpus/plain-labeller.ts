import type { LabelledText, Labeller, LabelOptions } from "../../src/labeller.ts"

/**
 * A labeller whose results follow from the text alone: POSITIVE or NEGATIVE by its length, a text with FAIL in it has
 * none, and one with SHOUT is truncated.
 *
 * @param before - is awaited before a call gives its results; a call of no texts only asks whether the options will do
 */
export function plainLabeller(
  before: (texts: readonly string[], options: LabelOptions) => unknown = () => {},
  model: Partial<Labeller["model"]> = {},
): Labeller {
  return {
    model: { name: "plain", revision: "r1", dtype: "none", labels: ["NEGATIVE", "POSITIVE"], maxLength: 512, ...model },
    async label(texts, options = {}) {
      if (texts.length > 0) await before(texts, options)
      return texts.map(text => plainResult(text, options.topK !== undefined))
    },
    async close() {},
    async [Symbol.asyncDispose]() {},
  }
}

function plainResult(text: string, all: boolean): LabelledText {
  if (text.includes("FAIL"))
    return { error: { code: "text_failed", message: `cannot label ${text.length} characters` } }
  const score = 0.5 + (text.length % 50) / 100
  const [label, other] = text.length % 2 === 0 ? ["POSITIVE", "NEGATIVE"] : ["NEGATIVE", "POSITIVE"]
  const scores = [
    { label, score },
    { label: other, score: 1 - score },
  ]
  return { label, score, tokens: text.length, truncated: text.includes("SHOUT"), windows: 1, ...(all && { scores }) }
}
