import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { isBlank } from "../../src/check-text.ts"
import type { PeerLabel } from "./open-pipeline.ts"

/** Of a score. Quantised engines are held to the labels alone: they are not meant to have these logits. */
const MOST_DIFFERENCE = 1e-3
const LEAST_SAME_LABELS = { int8: 0.95, fp32: 1, bf16: 0.98, fp16: 0.98 }

interface Golden {
  readonly rows: readonly { readonly text: string; readonly logits: readonly number[] }[]
}

/**
 * Compares an engine's labels with a checkpoint's golden logits, as `python/protocol.py` does for the Python peers; a checkpoint
 * without a golden.json has nothing to compare.
 *
 * @param label - labels texts, each in a run of its own
 * @throws where they differ by more than the precision allows: what computes something else is not timed
 */
export async function checkGolden(
  checkpoint: string,
  dtype: EngineDtype,
  label: (texts: readonly string[]) => Promise<readonly PeerLabel[]>,
): Promise<void> {
  const file = join(checkpoint, "golden.json")
  const golden = await readFile(file, "utf8").catch(() => undefined)
  if (golden === undefined) return
  // Valence refuses texts that show nothing; others label them.
  const rows = (JSON.parse(golden) as Golden).rows.filter(({ text }) => !isBlank(text))
  const { id2label } = JSON.parse(await readFile(join(checkpoint, "config.json"), "utf8")) as {
    id2label: Record<string, string>
  }
  const given = await label(rows.map(({ text }) => text))
  let same = 0
  rows.forEach(({ text, logits }, index) => {
    const { label, score } = given[index] as PeerLabel
    const most = Math.max(...logits)
    if (id2label[logits.indexOf(most)] !== label) return
    same++
    const expected = 1 / logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0)
    const difference = Math.abs(score - expected)
    if (dtype === "fp32" && difference > MOST_DIFFERENCE)
      throw new Error(
        `scores must be within ${MOST_DIFFERENCE} of ${file}; ${difference.toFixed(4)} off for ${JSON.stringify(text.slice(0, 40))}`,
      )
  })
  if (same < LEAST_SAME_LABELS[dtype] * rows.length)
    throw new Error(`labels must be those of ${file}; ${rows.length - same} of ${rows.length} differ`)
}

export type EngineDtype = "int8" | "fp32" | "bf16" | "fp16"
