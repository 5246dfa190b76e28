import { type ColumnKind, kindNames, spooledCell } from "../rows/column-kinds.ts"
import type { AddedColumn } from "./added-columns.ts"
import type { RowWriter } from "./row-writer.ts"

/**
 * Makes the lines from which a Parquet file is written when the run is done: each is a JSON array of the row's values.
 *
 * @param columns - whose cells are written besides the added ones; `undefined` if a Parquet file's columns are copied
 * @param kinds - what they hold
 */
export function spoolWriter(
  columns: readonly string[] | undefined,
  kinds: readonly ColumnKind[],
  added: readonly AddedColumn[],
): RowWriter {
  const kindOf = new Map(columns?.map((name, at) => [name, kinds[at] as ColumnKind]))
  return {
    header: "",
    refuse(row) {
      if (columns === undefined) return undefined
      for (const cell of row.cells()) {
        const kind = kindOf.get(cell.name)
        const field = `field ${JSON.stringify(cell.name)}`
        if (kind === undefined) return `has a ${field}, which the first row has not: write JSON Lines to keep it`
        if (spooledCell(kind, cell) === undefined)
          return `${field} must be ${kindNames[kind]}, as in the first rows: write JSON Lines to keep it`
      }
      return undefined
    },
    write(row, result) {
      const values = added.map(({ kind, of }) => {
        const value = (result && of(result)) ?? null
        return JSON.stringify(kind === "int64" && value !== null ? String(value) : value)
      })
      if (columns === undefined) return `[${values.join(",")}]\n`
      const cells = new Map(
        row.cells().map(cell => [cell.name, spooledCell(kindOf.get(cell.name) as ColumnKind, cell)]),
      )
      return `[${[...columns.map(name => cells.get(name) ?? "null"), ...values].join(",")}]\n`
    },
    writeFailed: () => `[${added.map(() => "null").join(",")}]\n`,
  }
}
