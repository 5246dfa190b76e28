import { hasLoneReturn, loneReturn } from "../encoding/lone-returns.ts"
import { requireColumn } from "./columns.ts"
import type { Row } from "./row.ts"
import { findUnreadable, hasLoneReturns, type RowReader, rowPlace, textOf } from "./row-reader.ts"

/** What the one column of plain text is called. */
export const plainTextColumn = "text"

/**
 * Reads the rows of plain text: each line that is not empty is a text.
 *
 * @param asked - the text column, if it was named
 * @throws ValenceError `option_invalid` if it is another than the only one
 */
export function textReader(asked?: string): RowReader {
  if (asked !== undefined) requireColumn([plainTextColumn], "column", asked, "")
  return {
    columns: [plainTextColumn],
    column: plainTextColumn,
    header: undefined,
    warnings: [],
    kinds: ["string"],
    read(batch) {
      const problems = findUnreadable(batch)
      const mayBeTorn = hasLoneReturns(batch)
      return batch.records.map((record, index): Row => {
        const place = rowPlace(batch, record)
        const problem = problems.get(index)
        if (problem !== undefined) return { ...place, problem }
        if (mayBeTorn && hasLoneReturn(batch.buffer, record.from, record.to)) return { ...place, problem: loneReturn }
        const text = textOf(batch, record)
        return {
          ...place,
          text,
          raw: () => text,
          cells: () => [{ name: plainTextColumn, text, json: false }],
          value: column => (column === plainTextColumn ? text : undefined),
        }
      })
    },
  }
}
