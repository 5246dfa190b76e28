import type { InputFile } from "../formats.ts"
import { requireColumn } from "../rows/columns.ts"

/**
 * The column that an option names. Rows of JSON Lines need not have the same fields: there each row decides by itself
 * whether it has the column.
 *
 * @throws ValenceError `option_invalid`, naming the columns
 */
export function findRowColumn(option: string, input: InputFile, columns: readonly string[], asked: string): string {
  if (input.format === "csv" || input.format === "tsv") return columns[requireColumn(columns, option, asked)] as string
  if (input.format !== "jsonl") return columns[requireColumn(columns, option, asked, "")] as string
  return columns.includes(asked)
    ? asked
    : (columns.find(column => column.toLowerCase() === asked.toLowerCase()) ?? asked)
}
