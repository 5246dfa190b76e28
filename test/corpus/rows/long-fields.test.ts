import { parse } from "csv-parse/sync"
import fc from "fast-check"
import { expect, it } from "vitest"
import { longFields } from "../../../src/corpus/rows/long-fields.ts"

const options = {
  record_delimiter: ["\r\n", "\n"],
  relax_column_count: true,
  relax_quotes: true,
  skip_empty_lines: true,
}

it.each([true, false])(
  "longFields(), quotes %s - finds the fields that the library finds, or leaves them to it",
  hasQuotes => {
    const parts = fc.array(fc.constantFrom("a", '"', '""', ",", ",,", " ", "\n", "é", '"b,c"', "\\"), {
      minLength: 1,
      maxLength: 20,
    })
    let found = 0
    fc.assert(
      fc.property(
        parts.map(part => part.join("")),
        record => {
          const fields = longFields(record, ",", hasQuotes)
          if (fields === undefined) return
          found++
          expect(parse(record, { ...options, quote: hasQuotes ? '"' : null })).toEqual([fields])
        },
      ),
      { numRuns: 1000 },
    )
    expect(found).toBeGreaterThan(100)
  },
)
