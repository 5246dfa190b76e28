import { expect, it } from "vitest"
import { queryProblems } from "./query-problems.ts"

it.each([
  ["sum(rate(valence_text_total[5m]))", "valence_text_total is not declared"],
  ["rate(valence_label_seconds[5m])", "valence_label_seconds is not declared"],
  ["rate(valence_tokens_total_sum[5m])", "valence_tokens_total_sum is not declared"],
  ['valence_ready{lane="bulk"}', "valence_ready has no label lane"],
  ['valence_texts_total{outcome="dead"}', "outcome of valence_texts_total is never dead"],
  ["sum by (state) (valence_queue_waiting_texts)", "no metric of the query has a label state"],
  ["max(valence_ready) {{lane}}", "no metric of the query has a label lane"],
])("queryProblems(%j) - finds that %s", (query, problem) => {
  expect(queryProblems(query)).toEqual([problem])
})

it("queryProblems - finds nothing wrong with what workers tell", () => {
  const query = 'sum by (lane, le) (rate(valence_label_seconds_bucket{lane="bulk", instance="a"}[5m])) {{lane}}'
  expect(queryProblems(query)).toEqual([])
})
