/**
 * Checkpoints with random weights and the bundled model's tokenizer: as large as wanted, and made on the spot. They label
 * nothing sensibly, but take as long, and as much memory, as trained ones of the same geometry.
 */
import { copyFile, mkdir, open, writeFile } from "node:fs/promises"
import { join } from "node:path"

/** Sizes of a DistilBERT. */
export interface Geometry {
  readonly hiddenSize: number
  readonly layers: number
  readonly heads: number
  readonly ffnSize: number
}

/** DistilBERT-base: 67 M parameters with its embeddings. */
export const baseGeometry: Geometry = { hiddenSize: 768, layers: 6, heads: 12, ffnSize: 3072 }

const BUNDLED = new URL("../models/sentiment-small/", import.meta.url).pathname
/** Of the tokenizer. */
const VOCABULARY = 30_522
const POSITIONS = 512
/** The standard deviation that BERT's weights begin with. */
const SPREAD = 0.02
/**
 * Of the last layer: a random head gives all texts all but the same logits, of which rounding would make either label.
 */
const CLASSIFIER_SPREAD = 1

interface Tensor {
  readonly name: string
  readonly shape: readonly number[]
  /** Normal with this spread, or one value throughout. */
  readonly fill: { readonly spread: number } | { readonly value: number }
}

/**
 * Writes a checkpoint: the same bytes for the same geometry.
 *
 * @returns bytes of its safetensors, float32
 */
export async function writeRandomCheckpoint(folder: string, geometry: Geometry): Promise<number> {
  await mkdir(folder, { recursive: true })
  for (const file of ["tokenizer.json", "tokenizer_config.json"])
    await copyFile(join(BUNDLED, file), join(folder, file))
  await writeFile(join(folder, "config.json"), JSON.stringify(configOf(geometry), undefined, 2))
  return writeSafetensors(join(folder, "model.safetensors"), tensorsOf(geometry))
}

function configOf({ hiddenSize, layers, heads, ffnSize }: Geometry): object {
  return {
    architectures: ["DistilBertForSequenceClassification"],
    model_type: "distilbert",
    activation: "gelu",
    dim: hiddenSize,
    hidden_dim: ffnSize,
    n_heads: heads,
    n_layers: layers,
    max_position_embeddings: POSITIONS,
    vocab_size: VOCABULARY,
    pad_token_id: 0,
    id2label: { 0: "NEGATIVE", 1: "POSITIVE" },
    label2id: { NEGATIVE: 0, POSITIVE: 1 },
  }
}

function tensorsOf({ hiddenSize, layers, ffnSize }: Geometry): Tensor[] {
  const matrix = (name: string, rows: number, columns: number, spread = SPREAD): Tensor => ({
    name: `${name}.weight`,
    shape: [rows, columns],
    fill: { spread },
  })
  const vector = (name: string, length: number, value: number): Tensor => ({ name, shape: [length], fill: { value } })
  const linear = (name: string, inputs: number, outputs: number, spread = SPREAD) => [
    matrix(name, outputs, inputs, spread),
    vector(`${name}.bias`, outputs, 0),
  ]
  const norm = (name: string) => [vector(`${name}.weight`, hiddenSize, 1), vector(`${name}.bias`, hiddenSize, 0)]
  const layer = (name: string) => [
    ...["q_lin", "k_lin", "v_lin", "out_lin"].flatMap(part =>
      linear(`${name}.attention.${part}`, hiddenSize, hiddenSize),
    ),
    ...norm(`${name}.sa_layer_norm`),
    ...linear(`${name}.ffn.lin1`, hiddenSize, ffnSize),
    ...linear(`${name}.ffn.lin2`, ffnSize, hiddenSize),
    ...norm(`${name}.output_layer_norm`),
  ]
  return [
    matrix("distilbert.embeddings.word_embeddings", VOCABULARY, hiddenSize),
    matrix("distilbert.embeddings.position_embeddings", POSITIONS, hiddenSize),
    ...norm("distilbert.embeddings.LayerNorm"),
    ...Array.from({ length: layers }, (_, index) => layer(`distilbert.transformer.layer.${index}`)).flat(),
    ...linear("pre_classifier", hiddenSize, hiddenSize),
    ...linear("classifier", hiddenSize, 2, CLASSIFIER_SPREAD),
  ]
}

async function writeSafetensors(path: string, tensors: readonly Tensor[]): Promise<number> {
  let end = 0
  const entries = tensors.map(({ name, shape }) => {
    const begin = end
    end += 4 * elementsOf(shape)
    return [name, { dtype: "F32", shape, data_offsets: [begin, end] }]
  })
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(header.length))
  const file = await open(path, "w")
  try {
    await file.write(length)
    await file.write(header)
    const normal = seededNormal(1)
    for (const { shape, fill } of tensors) {
      const values = new Float32Array(elementsOf(shape))
      if ("value" in fill) values.fill(fill.value)
      else for (let i = 0; i < values.length; i++) values[i] = fill.spread * normal()
      await file.writeFile(new Uint8Array(values.buffer))
    }
  } finally {
    await file.close()
  }
  return length.length + header.length + end
}

function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** Normal numbers of mean 0 and variance 1 (Box and Muller) from a 32-bit xorshift: the same at each call. */
function seededNormal(seed: number): () => number {
  let state = seed
  let spare: number | undefined
  const uniform = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return ((state >>> 0) + 0.5) / 2 ** 32
  }
  return () => {
    if (spare !== undefined) {
      const value = spare
      spare = undefined
      return value
    }
    const radius = Math.sqrt(-2 * Math.log(uniform()))
    const angle = 2 * Math.PI * uniform()
    spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
}
