import type { ConfigFields } from "./config-fields.ts"

/** More labels than any text classifier has; a config that names more is taken for an attack or a mistake. */
export const MAX_LABELS = 10_000
/** What transformers assumes if a config does not say otherwise. */
const USUAL_LABELS = 2

/**
 * The labels, in the order of their ids: those of `id2label`; without it those of `label2id`; without either LABEL_0, LABEL_1, ...,
 * as transformers names them: the number is `num_labels`, or the classifier's own, or 2.
 *
 * @param rows - the number of the classifier's logits; `undefined` if it is not known yet
 * @throws ValenceError `model_invalid`, naming file, field and rule
 */
export function labelsOf(fields: ConfigFields, rows?: number): string[] {
  if (fields.value("id2label") != null) return labelsById(fields)
  if (fields.value("label2id") != null) return labelsByName(fields)
  const count = fields.count("num_labels", 1, MAX_LABELS, rows ?? USUAL_LABELS)
  return Array.from({ length: count }, (_, id) => `LABEL_${id}`)
}

/** Whether a config leaves the number of labels to the classifier's weights. */
export function areLabelsUnnamed(fields: ConfigFields): boolean {
  return ["id2label", "label2id", "num_labels"].every(field => fields.value(field) == null)
}

function labelsById(fields: ConfigFields): string[] {
  const rule = `an object of label names by id, at most ${MAX_LABELS}, ids 0, 1, ... without gaps, no name empty or twice`
  const names = entriesOf(fields, "id2label", rule)
  // Some authors name labels by numbers: 0 to 4 for stars.
  const labels = names.map((_, id) => {
    const label = (fields.value("id2label") as Record<string, unknown>)[id]
    return typeof label === "number" ? String(label) : label
  })
  if (!labels.every(label => typeof label === "string" && label !== "")) throw fields.refuse("id2label", rule)
  if (new Set(labels).size !== labels.length) throw fields.refuse("id2label", rule)
  return labels as string[]
}

function labelsByName(fields: ConfigFields): string[] {
  const rule = `an object of ids by label name, at most ${MAX_LABELS}, ids 0, 1, ... without gaps, no name empty`
  const labels: string[] = []
  const entries = entriesOf(fields, "label2id", rule)
  for (const [name, id] of entries) {
    const isNext = Number.isSafeInteger(id) && (id as number) >= 0 && (id as number) < entries.length
    if (name === "" || !isNext || labels[id as number] !== undefined) throw fields.refuse("label2id", rule)
    labels[id as number] = name
  }
  return labels
}

function entriesOf(fields: ConfigFields, field: string, rule: string): [string, unknown][] {
  const value = fields.value(field)
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw fields.refuse(field, rule)
  const entries = Object.entries(value)
  if (entries.length === 0 || entries.length > MAX_LABELS) throw fields.refuse(field, rule)
  return entries
}
