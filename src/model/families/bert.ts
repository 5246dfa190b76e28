import type { Family, FieldNames, TensorNames } from "./family.ts"

/** What BERT's config calls its sizes, and those of its descendants after it. */
export const bertFields: FieldNames = {
  hiddenSize: "hidden_size",
  layers: "num_hidden_layers",
  heads: "num_attention_heads",
  ffnSize: "intermediate_size",
  activation: "hidden_act",
  layerNormEps: "layer_norm_eps",
  tokenTypes: "type_vocab_size",
  embeddingSize: undefined,
}

/** What BERT calls the tensors of embeddings and layers, and its descendants after it, under a name of their own. */
export function bertEncoder(model: string): Omit<TensorNames, "preClassifier" | "classifier"> {
  return {
    words: `${model}.embeddings.word_embeddings`,
    positions: `${model}.embeddings.position_embeddings`,
    tokenTypes: `${model}.embeddings.token_type_embeddings`,
    embeddingNorm: `${model}.embeddings.LayerNorm`,
    embeddingProjection: `${model}.embeddings_project`,
    layer: index => {
      const layer = `${model}.encoder.layer.${index}`
      return {
        query: `${layer}.attention.self.query`,
        key: `${layer}.attention.self.key`,
        value: `${layer}.attention.self.value`,
        attentionOut: `${layer}.attention.output.dense`,
        attentionNorm: `${layer}.attention.output.LayerNorm`,
        expand: `${layer}.intermediate.dense`,
        contract: `${layer}.output.dense`,
        outputNorm: `${layer}.output.LayerNorm`,
      }
    },
    unread: [/\.(position|token_type)_ids$/, /^cls\./],
  }
}

/** BERT (arXiv 1810.04805): token types, of which a single text has the first; the pooler is the head's first layer. */
export const bert: Family = {
  name: "bert",
  architecture: "BertForSequenceClassification",
  padId: 0,
  firstPosition: "zero",
  headActivation: "tanh",
  fields: bertFields,
  tensors: { ...bertEncoder("bert"), preClassifier: "bert.pooler.dense", classifier: "classifier" },
}
