import { join } from "node:path"
import { ConfigFields } from "./config-fields.ts"
import { graphRows } from "./graph-rows.ts"
import { areLabelsUnnamed } from "./labels.ts"
import { readModelText } from "./read-file.ts"
import { readTaskConfig, type TaskConfig } from "./task-config.ts"
import { readTokenizerConfig } from "./tokenizer/find-tokenizer.ts"

/**
 * What a checkpoint's folder says of its task: the same whether its graph was built by Valence or exported by others.
 *
 * @param graph - counts the labels if the config does not name any
 * @throws ValenceError `model_not_found`, `model_invalid`
 */
export async function readTask(folder: string, graph: string | undefined): Promise<TaskConfig> {
  const file = join(folder, "config.json")
  const fields = new ConfigFields(await readModelText(file), file)
  const rows = graph !== undefined && areLabelsUnnamed(fields) ? await graphRows(graph) : undefined
  return readTaskConfig(fields, await readTokenizerConfig(folder), rows)
}
