import { readFile } from "node:fs/promises"

/** A text, and its label where the file has one. */
export interface LabelledLine {
  readonly text: string
  readonly label: string | undefined
}

/**
 * The texts of a file with their labels.
 *
 * @param file - a .tsv with a header, a column named sentence or text, and perhaps one named label; or any other file
 * with one text a line
 */
export async function readLabelledTexts(file: string): Promise<LabelledLine[]> {
  const lines = (await readFile(file, "utf8")).split(/\r?\n/).filter(line => line !== "")
  if (!file.endsWith(".tsv")) return lines.map(text => ({ text, label: undefined }))
  const names = (lines[0] as string).split("\t")
  const column = names.findIndex(name => name === "sentence" || name === "text")
  if (column < 0) throw new Error(`${file} must have a column named sentence or text; its header is ${lines[0]}`)
  const rows = lines.slice(1).map(line => line.split("\t"))
  return rows.map(fields => ({ text: fields[column] ?? "", label: fields[names.indexOf("label")] }))
}

/** The texts of a file, as `readLabelledTexts` reads it. */
export async function readTexts(file: string): Promise<string[]> {
  return (await readLabelledTexts(file)).map(({ text }) => text)
}
