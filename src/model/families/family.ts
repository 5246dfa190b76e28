/** What a family's `config.json` calls the sizes of a model; `undefined` if it has no such field. */
export interface FieldNames {
  readonly hiddenSize: string
  readonly layers: string
  readonly heads: string
  readonly ffnSize: string
  readonly activation: string
  readonly layerNormEps: string | undefined
  readonly tokenTypes: string | undefined
  /** Width of the embeddings, if a projection makes them as wide as the layers. */
  readonly embeddingSize: string | undefined
}

/** The names of one transformer layer's modules, each with a weight and a bias. */
export interface LayerNames {
  readonly query: string
  readonly key: string
  readonly value: string
  readonly attentionOut: string
  readonly attentionNorm: string
  readonly expand: string
  readonly contract: string
  readonly outputNorm: string
}

/** What a family's checkpoints call their tensors. */
export interface TensorNames {
  readonly words: string
  readonly positions: string
  /** Absent in a family without token types. */
  readonly tokenTypes: string | undefined
  readonly embeddingNorm: string
  /** From the embeddings' width to the layers'; there only if the two differ. */
  readonly embeddingProjection: string
  layer(index: number): LayerNames
  readonly preClassifier: string
  readonly classifier: string
  /** Tensors that some checkpoints hold and nothing reads: buffers, and what pre-training left behind. */
  readonly unread: readonly RegExp[]
}

/** What sets a family of encoders apart. Everything else its graphs share. */
export interface Family {
  /** Its `model_type`, and the name of its graphs. */
  readonly name: string
  /** The class of Hugging Face transformers, an encoder with a sequence classification head. */
  readonly architecture: string
  readonly fields: FieldNames
  readonly tensors: TensorNames
  /** The `pad_token_id` of a config that does not name one. */
  readonly padId: number
  /**
   * Which position a text's first token has: 0, or the one after `padId`, and then tokens with this id do not count:
   * they have the position `padId`, wherever they stand.
   */
  readonly firstPosition: "zero" | "after-padding"
  /** Between the two linear layers of the head. */
  readonly headActivation: "relu" | "tanh" | "gelu"
}
