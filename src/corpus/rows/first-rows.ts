import type { Row } from "./row.ts"

/** The first rows, at most this many; all of them if `most` is `undefined`. */
export async function* firstRows(rows: AsyncGenerator<Row[]>, most: number | undefined): AsyncGenerator<Row[]> {
  let left = most ?? Infinity
  try {
    while (left > 0) {
      const { value, done } = await rows.next()
      if (done) return
      yield value.length > left ? value.slice(0, left) : value
      left -= value.length
    }
  } finally {
    await rows.return(undefined)
  }
}
