import { basename, resolve } from "node:path"

/** The bundled model's checkpoint. */
export const bundledCheckpoint = new URL("../../models/sentiment-small", import.meta.url).pathname

/** DistilBERT-base's geometry with random weights, which `npm run bench:peers` writes. */
export const baseCheckpoint = new URL(".checkpoints/distilbert-base-random", import.meta.url).pathname

/** Where `npm run bench:peers` lays what the peers need of a checkpoint. */
export function exportOf(checkpoint: string): string {
  return new URL(`.exports/${basename(resolve(checkpoint))}`, import.meta.url).pathname
}
