import type { Family } from "./family.ts"

/** DistilBERT (arXiv 1910.01108): no token types, a head with ReLU. */
export const distilbert: Family = {
  name: "distilbert",
  architecture: "DistilBertForSequenceClassification",
  padId: 0,
  firstPosition: "zero",
  headActivation: "relu",
  fields: {
    hiddenSize: "dim",
    layers: "n_layers",
    heads: "n_heads",
    ffnSize: "hidden_dim",
    activation: "activation",
    layerNormEps: undefined,
    tokenTypes: undefined,
    embeddingSize: undefined,
  },
  tensors: {
    words: "distilbert.embeddings.word_embeddings",
    positions: "distilbert.embeddings.position_embeddings",
    tokenTypes: undefined,
    embeddingNorm: "distilbert.embeddings.LayerNorm",
    embeddingProjection: "distilbert.embeddings_project",
    layer: index => {
      const layer = `distilbert.transformer.layer.${index}`
      return {
        query: `${layer}.attention.q_lin`,
        key: `${layer}.attention.k_lin`,
        value: `${layer}.attention.v_lin`,
        attentionOut: `${layer}.attention.out_lin`,
        attentionNorm: `${layer}.sa_layer_norm`,
        expand: `${layer}.ffn.lin1`,
        contract: `${layer}.ffn.lin2`,
        outputNorm: `${layer}.output_layer_norm`,
      }
    },
    preClassifier: "pre_classifier",
    classifier: "classifier",
    unread: [/\.position_ids$/],
  },
}
