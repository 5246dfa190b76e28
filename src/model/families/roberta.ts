import { bertEncoder, bertFields } from "./bert.ts"
import type { Family } from "./family.ts"

/** RoBERTa (arXiv 1907.11692): BERT with positions that begin after padding's, and a head of its own. */
export const roberta: Family = {
  name: "roberta",
  architecture: "RobertaForSequenceClassification",
  padId: 1,
  firstPosition: "after-padding",
  headActivation: "tanh",
  fields: bertFields,
  tensors: {
    ...bertEncoder("roberta"),
    preClassifier: "classifier.dense",
    classifier: "classifier.out_proj",
    unread: [/\.(position|token_type)_ids$/, /^lm_head\./, /^roberta\.pooler\./],
  },
}

/** XLM-RoBERTa (arXiv 1911.02116): RoBERTa with another tokenizer; its tensors have RoBERTa's names. */
export const xlmRoberta: Family = {
  ...roberta,
  name: "xlm-roberta",
  architecture: "XLMRobertaForSequenceClassification",
}

/** CamemBERT (arXiv 1911.03894): as XLM-RoBERTa. */
export const camembert: Family = {
  ...roberta,
  name: "camembert",
  architecture: "CamembertForSequenceClassification",
}
