import { readFileSync } from "node:fs"
import { basename, dirname, resolve } from "node:path"

/** The label of a text. */
export interface PeerLabel {
  readonly label: string
  readonly score: number
}

/** A text-classification pipeline of transformers.js. */
export interface PeerPipeline {
  /** Labels texts, `batchSize` at a time; with `sorted`, the shortest first, so that little is padding. */
  label(texts: readonly string[], batching: Batching): Promise<PeerLabel[]>
  close(): Promise<void>
}

/** How texts are handed to the peer, which makes no batches of its own. */
export interface Batching {
  readonly batchSize: number
  readonly sorted: boolean
}

interface Transformers {
  readonly env: { allowRemoteModels: boolean; localModelPath: string }
  pipeline(task: string, model: string, options: object): Promise<Pipeline>
}

type Pipeline = ((texts: string[]) => Promise<PeerLabel[]>) & { dispose(): Promise<unknown> }

/**
 * Opens transformers.js's pipeline over an export, on the CPU.
 *
 * @param folder - as `python/make_export.py` writes it
 * @param threads - of its session; onnxruntime takes one a core where this is undefined
 */
export async function openPipeline(folder: string, dtype: "q8" | "fp32", threads?: number): Promise<PeerPipeline> {
  const { env, pipeline } = await loadTransformers()
  const path = resolve(folder)
  env.allowRemoteModels = false
  env.localModelPath = dirname(path)
  const session = threads === undefined ? {} : { intraOpNumThreads: threads }
  const run = await pipeline("text-classification", basename(path), { dtype, device: "cpu", session_options: session })
  return {
    async label(texts, { batchSize, sorted }) {
      const order = texts.map((_, index) => index)
      // By characters, as a caller can: tokens are known inside the pipeline alone.
      if (sorted) order.sort((a, b) => (texts[a] as string).length - (texts[b] as string).length)
      const results = new Array<PeerLabel>(texts.length)
      for (let from = 0; from < order.length; from += batchSize) {
        const batch = order.slice(from, from + batchSize)
        const labels = await run(batch.map(index => texts[index] as string))
        batch.forEach((index, row) => {
          results[index] = labels[row] as PeerLabel
        })
      }
      return results
    },
    close: async () => void (await run.dispose()),
  }
}

/** The version of transformers.js that `npm ci --prefix bench/peers` installed. */
export function peerVersion(): string {
  const file = new URL("./node_modules/@huggingface/transformers/package.json", import.meta.url)
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version
}

async function loadTransformers(): Promise<Transformers> {
  // Not a literal: the types are checked where it is not installed, too.
  const name = "@huggingface/transformers"
  try {
    return (await import(name)) as Transformers
  } catch (cause) {
    throw new Error("transformers.js must be installed: npm ci --prefix bench/peers --ignore-scripts", { cause })
  }
}
