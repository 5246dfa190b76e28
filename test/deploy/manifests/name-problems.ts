import { portOptions } from "../../../src/cli/commands/work.ts"
import { logOptions } from "../../../src/cli/log-options.ts"
import { exportOptions } from "../../../src/cli/parts/export-options.ts"
import type { Declaration } from "../../../src/declaration.ts"
import { serverOptions } from "../../../src/http/options.ts"
import { classifierOptions } from "../../../src/options.ts"
import { producerOptions } from "../../../src/producer/options.ts"
import type { ScaleSignal } from "../../../src/queue/status/scale-signal.ts"
import { workerOptions } from "../../../src/worker/options.ts"
import { declarationOf, metricsIn } from "../query-problems.ts"
import { type Manifest, nameOf, podsOf } from "./manifest.ts"

const groups = [
  classifierOptions,
  producerOptions,
  workerOptions,
  portOptions,
  serverOptions,
  exportOptions,
  logOptions,
]
const declared = groups.flatMap(group => Object.values<Declaration<unknown>>(group))
/** Variables that are no option's: src/store/cache.ts, src/hub/hub-settings.ts. */
const others = ["VALENCE_CACHE", "VALENCE_API_KEYS", "VALENCE_OPERATOR_KEYS", "HF_TOKEN", "HF_ENDPOINT"]
const variables = [...declared.map(({ env }) => env), ...others]
/** Of `GET /v1/queue/scale`, those to scale by. */
const scaleFields: readonly (string & keyof ScaleSignal)[] = ["waitingTexts", "waitingTokens", "desiredWorkers"]

/** Metrics and fields that nothing exports, and variables that nothing reads. */
export function nameProblems(manifests: readonly Manifest[]): string[] {
  return [...manifests.flatMap(signalProblems), ...variableProblems(manifests)]
}

function signalProblems(manifest: Manifest): string[] {
  const { triggers = [], groups = [] } = manifest.spec ?? {}
  const asked = metricsIn(JSON.stringify([triggers, groups])).filter(metric => declarationOf(metric) === undefined)
  const fields = triggers.flatMap(({ metadata }) => metadata["valueLocation"] ?? [])
  return [
    ...asked.map(metric => `${nameOf(manifest)}: nothing exports ${metric}`),
    ...fields
      .filter(field => !scaleFields.some(known => known === field))
      .map(field => `${nameOf(manifest)}: nothing exports ${field}`),
  ]
}

function variableProblems(manifests: readonly Manifest[]): string[] {
  return podsOf(manifests).flatMap(({ owner, containers }) =>
    containers.flatMap(({ env = [] }) =>
      env.filter(({ name }) => !variables.includes(name)).map(({ name }) => `${owner}: nothing reads ${name}`),
    ),
  )
}
