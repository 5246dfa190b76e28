/*
 * The weights of a graph, independent of the names in the checkpoint. Matrices are functions: a model's weights need not be
 * in memory all at once, and each is read, and changed as the functions around it say, where a graph takes it. Vectors
 * are small, and are there.
 */

/** A linear layer, x W + b. */
export interface LinearWeights {
  readonly inputs: number
  readonly outputs: number
  /** Shape [inputs, outputs], row-major. */
  weight(): Float32Array
  /** One number an output; absent if it was folded away. */
  readonly bias: Float32Array | undefined
}

/** A layer norm: each token's channels to mean 0 and variance 1, then times gain plus offset. */
export interface NormWeights {
  readonly gain: Float32Array
  readonly offset: Float32Array
}

/** One transformer layer. */
export interface LayerWeights {
  readonly query: LinearWeights
  readonly key: LinearWeights
  readonly value: LinearWeights
  readonly attentionOut: LinearWeights
  readonly attentionNorm: NormWeights
  readonly expand: LinearWeights
  readonly contract: LinearWeights
  readonly outputNorm: NormWeights
}

/** An encoder with a classification head. */
export interface ModelWeights {
  /** Shape [vocabSize, embeddingSize]. */
  words(): Float32Array
  /** Shape [positionsBefore + maxPositions, embeddingSize]; the embedding of the first token type is part of each. */
  positions(): Float32Array
  readonly embeddingNorm: NormWeights
  /** Where embeddings are narrower than layers. */
  readonly embeddingProjection: LinearWeights | undefined
  readonly layers: readonly LayerWeights[]
  readonly preClassifier: LinearWeights
  readonly classifier: LinearWeights
}

/** The same layer with its matrix in memory, for one who reads it many times. */
export function held(linear: LinearWeights): LinearWeights {
  const weight = linear.weight()
  return { ...linear, weight: () => weight }
}
