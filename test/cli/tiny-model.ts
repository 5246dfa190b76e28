import { cpSync } from "node:fs"
import type { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { runValence } from "./run-valence.ts"

const golden = new URL("../golden/distilbert-tiny", import.meta.url)

/** Builds a model in a folder that is measured in no time, on one child; gives the flags that name it. */
export async function tinyModel(folder: TemporaryFolder): Promise<string[]> {
  cpSync(golden, `${folder.path}/tiny`, { recursive: true })
  await runValence(folder.path, "models", "build", "tiny", "--dtype", "fp32")
  return ["--model", "tiny", "--dtype", "fp32", "--device", "cpu:1"]
}
