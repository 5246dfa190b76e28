import type { ConfigFields } from "../config-fields.ts"
import { bert } from "./bert.ts"
import { distilbert } from "./distilbert.ts"
import { electra } from "./electra.ts"
import type { Family } from "./family.ts"
import { camembert, roberta, xlmRoberta } from "./roberta.ts"

/** Every family whose checkpoints can be built. */
export const families: readonly Family[] = [distilbert, bert, roberta, xlmRoberta, camembert, electra]

/** The family that a config names, by `model_type` or by its architecture, with any head. */
export function familyNamed(fields: ConfigFields): Family | undefined {
  const [modelType, architectures] = [fields.value("model_type"), fields.value("architectures")]
  return families.find(
    ({ name, architecture }) =>
      name === modelType || (Array.isArray(architectures) && architectures.includes(architecture)),
  )
}
