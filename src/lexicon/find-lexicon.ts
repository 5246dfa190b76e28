import { resolve } from "node:path"
import { shown, ValenceError } from "../errors.ts"
import { fromPackageRoot } from "../files/package-root.ts"

/** The names of the lexicons that come with the package. */
export const bundledLexicons = ["mvp", "afinn-111"] as const

/** Whether a model's name means a lexicon: a bundled one, or the path of a `.tsv` file. */
export function isLexicon(model: string): boolean {
  return bundledLexicons.some(name => name === model) || /\.tsv$/i.test(model)
}

/**
 * The file of a lexicon.
 *
 * @param model - `mvp`, `afinn-111` or the path of a `.tsv` file
 * @returns an absolute path; a path that was given may lead nowhere
 * @throws ValenceError `option_invalid` if the name means no lexicon
 */
export function findLexicon(model: string): string {
  if (!isLexicon(model))
    throw new ValenceError(
      "option_invalid",
      `model must be one of ${bundledLexicons.join(", ")} or the path of a .tsv file; got ${shown(model)}`,
    )
  return /\.tsv$/i.test(model) ? resolve(model) : fromPackageRoot("lexicons", `${model}.tsv`)
}
