import type { ModelConfig } from "../../model/config.ts"
import { foldAttention, smoothContexts } from "../layers/fold.ts"
import { contextName, valueName } from "../layers/transformer.ts"
import type { LinearWeights, ModelWeights } from "../weights/weights.ts"
import { arrangeChannels } from "./arrange-channels.ts"
import type { Scales } from "./scales.ts"

/** By this name the scales correct the biases of the classifier, a layer of floats. */
export const logitsName = "logits"

/** The weights of an int8 graph, in which some of what the scales say is done, and the scales without that. */
export function prepareInt8(
  config: ModelConfig,
  weights: ModelWeights,
  scales: Scales,
): { readonly weights: ModelWeights; readonly scales: Pick<Scales, "activations" | "biasCorrections"> } {
  const smoothing = weights.layers.map((_, layer) => scales.activations[contextName(layer)]?.smoothing)
  const folded = smoothContexts(arrangeChannels(foldAttention(weights, config), scales.channels), smoothing)
  return {
    weights: { ...folded, classifier: corrected(folded.classifier, scales.biasCorrections[logitsName]) },
    scales: withoutContextSmoothing(scales, smoothing),
  }
}

function corrected(linear: LinearWeights, correction: readonly number[] | undefined): LinearWeights {
  if (correction === undefined) return linear
  return { ...linear, bias: Float32Array.from(correction, (added, i) => (linear.bias?.[i] ?? 0) + added) }
}

/** The scales of a graph whose value layers give their values smoothed already. */
function withoutContextSmoothing(scales: Scales, smoothing: readonly (readonly number[] | undefined)[]) {
  const activations = { ...scales.activations }
  const biasCorrections = { ...scales.biasCorrections }
  smoothing.forEach((factors, layer) => {
    if (factors === undefined) return
    const { low, high } = activations[contextName(layer)] ?? { low: 0, high: 0 }
    activations[contextName(layer)] = { low, high }
    const correction = biasCorrections[valueName(layer)] ?? []
    biasCorrections[valueName(layer)] = correction.map((added, channel) => added / (factors[channel] ?? 1))
  })
  return { activations, biasCorrections }
}
