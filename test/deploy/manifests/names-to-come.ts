/**
 * What the chart uses of the exporter, `valence queue export`, and of `valence serve --redis`: metrics besides those of `src/metrics`, fields
 * of `GET /v1/queue/scale`, and variables.
 */
export const metricsToCome: readonly string[] = ["valence_desired_workers"]
export const scaleFields: readonly string[] = ["waitingTexts", "waitingTokens", "desiredWorkers"]
export const variablesToCome: readonly string[] = ["VALENCE_WAIT_FOR_WORKERS"]
