import { containerProblems } from "./container-problems.ts"
import { type Manifest, nameOf } from "./manifest.ts"
import { nameProblems } from "./name-problems.ts"
import { type Present, referenceProblems } from "./reference-problems.ts"
import { resourceProblems } from "./resource-problems.ts"
import { scalingProblems } from "./scaling-problems.ts"
import { selectorProblems } from "./selector-problems.ts"
import { stopProblems } from "./stop-problems.ts"

/** What is wrong with the objects of an installation that a schema does not see. */
export function manifestProblems(manifests: readonly Manifest[], present: Present): string[] {
  return [
    ...twins(manifests),
    ...resourceProblems(manifests),
    ...containerProblems(manifests),
    ...referenceProblems(manifests, present),
    ...stopProblems(manifests),
    ...selectorProblems(manifests),
    ...scalingProblems(manifests),
    ...nameProblems(manifests),
  ]
}

function twins(manifests: readonly Manifest[]): string[] {
  const names = manifests.map(nameOf)
  return names.filter((name, index) => names.indexOf(name) !== index).map(name => `${name} is there twice`)
}
