import { readFileSync } from "node:fs"
import { type Checkpoint, readCheckpoint } from "../../src/graph/weights/checkpoint.ts"

/** What Hugging Face transformers answers on some texts. */
export interface Golden {
  readonly maxLength: number
  readonly rows: readonly {
    readonly text: string
    readonly inputIds: readonly number[]
    readonly logits: readonly number[]
  }[]
}

export const goldenFolders = [
  "models/sentiment-small",
  "models/sentiment3-small",
  "test/golden/distilbert-tiny",
  "test/golden/distilbert-multilabel-tiny",
  "test/golden/bert-tiny",
  "test/golden/roberta-tiny",
  "test/golden/xlm-roberta-tiny",
  "test/golden/camembert-tiny",
  "test/golden/electra-tiny",
] as const

export async function goldenCheckpoint(folder: string): Promise<Checkpoint & { golden: Golden }> {
  const golden = JSON.parse(readFileSync(`${folder}/golden.json`, "utf8")) as Golden
  return { ...(await readCheckpoint(folder)), golden }
}
