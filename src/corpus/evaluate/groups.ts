import { ValenceError } from "../../errors.ts"
import { type Confusion, countPrediction, measureQuality, renameGold } from "./confusion.ts"

/** How well the rows were labelled that have one value in a column. */
export interface GroupQuality {
  readonly value: string
  readonly compared: number
  readonly accuracy: number | null
  readonly macroF1: number | null
}

const mostGroups = 1000

/** Predictions by the value of a column, in the order in which values come. */
export class Groups {
  readonly #column: string
  readonly #confusions = new Map<string, Map<string, Map<string, number>>>()

  constructor(column: string) {
    this.#column = column
  }

  /**
   * Counts a row.
   *
   * @throws ValenceError `option_invalid` if the column has too many values
   */
  count(value: string | undefined, gold: string, predicted: string): void {
    const name = value ?? ""
    const confusion = this.#confusions.get(name) ?? new Map<string, Map<string, number>>()
    if (confusion.size === 0) {
      if (this.#confusions.size === mostGroups)
        throw new ValenceError(
          "option_invalid",
          `by must name a column with at most ${mostGroups} different values; got ${JSON.stringify(this.#column)}, which has more`,
        )
      this.#confusions.set(name, confusion)
    }
    countPrediction(confusion, gold, predicted)
  }

  /**
   * The figures of each group.
   *
   * @param meanings - the label of each `gold`
   * @param labels - the model's
   */
  measure(meanings: ReadonlyMap<string, string>, labels: readonly string[]): GroupQuality[] {
    return [...this.#confusions].map(([value, confusion]) => {
      const { accuracy, macroF1 } = measureQuality(renameGold(confusion, meanings), labels)
      return { value, compared: rowsOf(confusion), accuracy, macroF1 }
    })
  }
}

function rowsOf(confusion: Confusion): number {
  let rows = 0
  for (const counts of confusion.values()) for (const count of counts.values()) rows += count
  return rows
}
