import type { ConfigFields } from "./config-fields.ts"
import { bert } from "./families/bert.ts"
import { distilbert } from "./families/distilbert.ts"
import { electra } from "./families/electra.ts"
import { camembert, roberta, xlmRoberta } from "./families/roberta.ts"
import type { Family } from "./family.ts"

/** Every family whose checkpoints can be built. */
export const families: readonly Family[] = [distilbert, bert, roberta, xlmRoberta, camembert, electra]

/** The family that a config names, by `model_type` or by its architecture, whatever its head is. */
export function familyNamed(fields: ConfigFields): Family | undefined {
  const [modelType, architectures] = [fields.value("model_type"), fields.value("architectures")]
  return families.find(
    ({ name, architecture }) =>
      name === modelType || (Array.isArray(architectures) && architectures.includes(architecture)),
  )
}
