import { bert } from "./families/bert.ts"
import { distilbert } from "./families/distilbert.ts"
import { electra } from "./families/electra.ts"
import { camembert, roberta, xlmRoberta } from "./families/roberta.ts"
import type { Family } from "./family.ts"

/** Every family whose checkpoints can be built. */
export const families: readonly Family[] = [distilbert, bert, roberta, xlmRoberta, camembert, electra]
