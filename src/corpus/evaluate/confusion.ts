import { sum } from "../../sum.ts"

/** How often each right label was predicted as what: `confusion.get(gold)?.get(predicted)`. */
export type Confusion = ReadonlyMap<string, ReadonlyMap<string, number>>

/** How well one label is distinguished from the others, as scikit-learn's `classification_report` defines it. */
export interface LabelQuality {
  readonly label: string
  /** Precision: the share of rows with this label that should have it; 0 without such rows. */
  readonly precision: number
  /** Recall: the share of rows that should have this label and got it; 0 without such rows. */
  readonly recall: number
  /** The harmonic mean of both; 0 if both are 0. */
  readonly f1: number
  /** Rows that have this label. */
  readonly support: number
  /** Rows that were given it. */
  readonly predicted: number
}

/** How well labels were predicted. */
export interface Quality {
  /** Share of rows whose label was right; `null` without rows. */
  readonly accuracy: number | null
  /** Mean F1 of the labels that a row has or was given; `null` without rows. */
  readonly macroF1: number | null
  /** One for each label that a row has or was given. */
  readonly labels: readonly LabelQuality[]
}

/** Counts a row. */
export function countPrediction(
  confusion: Map<string, Map<string, number>>,
  gold: string,
  predicted: string,
  rows = 1,
): void {
  const counts = confusion.get(gold) ?? new Map<string, number>()
  confusion.set(gold, counts)
  counts.set(predicted, (counts.get(predicted) ?? 0) + rows)
}

/** A confusion whose right labels have other names; two that get one name are added up. */
export function renameGold(confusion: Confusion, names: ReadonlyMap<string, string>): Confusion {
  const renamed = new Map<string, Map<string, number>>()
  for (const [gold, counts] of confusion)
    for (const [predicted, rows] of counts) countPrediction(renamed, names.get(gold) ?? gold, predicted, rows)
  return renamed
}

/**
 * Accuracy, macro F1 and each label's figures, with scikit-learn's definitions and `zero_division=0`.
 *
 * @param order - the model's labels: those that occur are listed in this order
 */
export function measureQuality(confusion: Confusion, order: readonly string[]): Quality {
  const labels = order
    .map(label => measureLabel(confusion, label))
    .filter(({ support, predicted }) => support > 0 || predicted > 0)
  const rows = sum(labels.map(({ support }) => support))
  if (rows === 0) return { accuracy: null, macroF1: null, labels: [] }
  return {
    accuracy: sum(labels.map(({ label }) => confusion.get(label)?.get(label) ?? 0)) / rows,
    macroF1: sum(labels.map(({ f1 }) => f1)) / labels.length,
    labels,
  }
}

function measureLabel(confusion: Confusion, label: string): LabelQuality {
  const right = confusion.get(label)?.get(label) ?? 0
  const support = sum([...(confusion.get(label)?.values() ?? [])])
  const predicted = sum([...confusion.values()].map(counts => counts.get(label) ?? 0))
  return {
    label,
    precision: predicted === 0 ? 0 : right / predicted,
    recall: support === 0 ? 0 : right / support,
    f1: support + predicted === 0 ? 0 : (2 * right) / (support + predicted),
    support,
    predicted,
  }
}

/** A row for each label that the corpus has, a column for each that it has or that was given. */
export function tabulate(
  confusion: Confusion,
  { labels }: Pick<Quality, "labels">,
): Readonly<Record<string, Readonly<Record<string, number>>>> {
  const columns = labels.map(({ label }) => label)
  const rows = labels.filter(({ support }) => support > 0).map(({ label }) => label)
  return Object.fromEntries(
    rows.map(gold => [gold, Object.fromEntries(columns.map(label => [label, confusion.get(gold)?.get(label) ?? 0]))]),
  )
}
