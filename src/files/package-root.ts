import { fileURLToPath } from "node:url"

/**
 * A path inside the package, whether this module runs from `src/` or from `dist/`.
 *
 * @example
 * fromPackageRoot('models') // → /…/node_modules/valence-nlp/models
 */
export function fromPackageRoot(...segments: string[]): string {
  return fileURLToPath(new URL(`../../${segments.join("/")}`, import.meta.url))
}
