import { readFileSync } from "node:fs"
import type { TemporaryFolder } from "../../corpus/temporary-folder.ts"

/** The tiny checkpoints whose vocabularies are written as files. */
export type Vocabulary = "bert-tiny" | "roberta-tiny"

interface Model {
  readonly vocab: Readonly<Record<string, number>>
  readonly merges?: readonly (string | readonly [string, string])[]
}

/** The vocabulary of a tiny checkpoint as `vocab.txt`, or as `vocab.json` and `merges.txt`. */
export function vocabularyFiles(name: Vocabulary): Record<string, string> {
  const { model } = JSON.parse(readFileSync(`test/golden/${name}/tokenizer.json`, "utf8")) as { model: Model }
  const pieces = Object.entries(model.vocab).sort(([, a], [, b]) => a - b)
  if (name === "bert-tiny") return { "vocab.txt": pieces.map(([piece]) => `${piece}\n`).join("") }
  const merges = (model.merges ?? []).map(merge => (typeof merge === "string" ? merge : merge.join(" ")))
  return { "vocab.json": JSON.stringify(model.vocab), "merges.txt": ["#version: 0.2", ...merges, ""].join("\n") }
}

/** Writes a checkpoint's config, its vocabulary, and more files of JSON. */
export function writeVocabulary(
  folder: TemporaryFolder,
  name: Vocabulary,
  files: Readonly<Record<string, unknown>> = {},
): void {
  folder.write("config.json", readFileSync(`test/golden/${name}/config.json`, "utf8"))
  for (const [file, content] of Object.entries(vocabularyFiles(name))) folder.write(file, content)
  for (const [file, content] of Object.entries(files)) folder.write(file, JSON.stringify(content))
}
