import { bertEncoder, bertFields } from "./bert.ts"
import type { Family } from "./family.ts"

/** ELECTRA (arXiv 2003.10555): BERT whose embeddings may be narrower than its layers, and a head with GELU. */
export const electra: Family = {
  name: "electra",
  architecture: "ElectraForSequenceClassification",
  padId: 0,
  firstPosition: "zero",
  headActivation: "gelu",
  fields: { ...bertFields, embeddingSize: "embedding_size" },
  tensors: {
    ...bertEncoder("electra"),
    preClassifier: "classifier.dense",
    classifier: "classifier.out_proj",
    unread: [/\.(position|token_type)_ids$/, /^discriminator_predictions\./],
  },
}
