import { shown, ValenceError } from "./errors.ts"
import { isWordList, type ModelInfo } from "./labeller.ts"

/**
 * Where the labels that a call asks for are among the model's.
 *
 * @param asked - names of labels, in any case; `undefined` for all
 * @returns positions in `model.labels`, in its order; `undefined` for all
 * @throws ValenceError `option_invalid`, naming the label that the model lacks
 */
export function chosenPositions(asked: readonly string[] | undefined, model: ModelInfo): readonly number[] | undefined {
  if (asked === undefined) return undefined
  const { name, labels } = model
  if (isWordList(model))
    throw new ValenceError(
      "option_invalid",
      `labels must be left out for a lexicon, which is NEUTRAL if it knows no word; got ${shown(asked.join(","))}`,
    )
  const meant = asked.map(label => {
    const found = labels.find(other => other === label) ?? labels.find(other => sameWord(other, label))
    if (found !== undefined) return found
    throw new ValenceError(
      "option_invalid",
      `labels must be labels of ${name}, which has ${few(labels)}; got ${shown(label)}`,
    )
  })
  return [...labels.keys()].filter(position => meant.includes(labels[position] as string))
}

/** The labels that a call's results can have, in the model's order. */
export function chosenLabels(asked: readonly string[] | undefined, model: ModelInfo): readonly string[] {
  return chosenPositions(asked, model)?.map(position => model.labels[position] as string) ?? model.labels
}

const sameWord = (one: string, other: string) => one.toLowerCase() === other.toLowerCase()
const few = (labels: readonly string[]) =>
  labels.length > 12 ? `${labels.slice(0, 12).join(", ")}, ...` : labels.join(", ")
