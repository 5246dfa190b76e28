import { logOptions } from "../../../src/cli/serve.ts"
import { portOptions } from "../../../src/cli/work.ts"
import type { Declaration } from "../../../src/declaration.ts"
import { serverOptions } from "../../../src/http/options.ts"
import { serverDeclarations } from "../../../src/metrics/declarations.ts"
import { classifierOptions } from "../../../src/options.ts"
import { producerOptions } from "../../../src/producer/options.ts"
import { workerOptions } from "../../../src/worker/options.ts"
import { declarationOf, metricsIn } from "../query-problems.ts"
import { type Manifest, nameOf, podsOf } from "./manifest.ts"
import { metricsToCome, scaleFields, variablesToCome } from "./names-to-come.ts"

const groups = [classifierOptions, producerOptions, workerOptions, portOptions, serverOptions, logOptions]
const declared = groups.flatMap(group => Object.values<Declaration<unknown>>(group))
/** Variables that are no option's: src/model/cache.ts, src/hub/hub-settings.ts. */
const others = ["VALENCE_CACHE", "VALENCE_API_KEYS", "VALENCE_OPERATOR_KEYS", "HF_TOKEN", "HF_ENDPOINT"]
const variables = [...declared.map(({ env }) => env), ...others, ...variablesToCome]

const serverNames = Object.values(serverDeclarations).map(({ name }) => name as string)
const isExported = (name: string) =>
  declarationOf(name) !== undefined || serverNames.includes(name) || metricsToCome.includes(name)

/** Metrics and fields that nothing exports, and variables that nothing reads. */
export function nameProblems(manifests: readonly Manifest[]): string[] {
  return [...manifests.flatMap(signalProblems), ...variableProblems(manifests)]
}

function signalProblems(manifest: Manifest): string[] {
  const { triggers = [], groups = [] } = manifest.spec ?? {}
  const asked = metricsIn(JSON.stringify([triggers, groups])).filter(metric => !isExported(metric))
  const fields = triggers.flatMap(({ metadata }) => metadata["valueLocation"] ?? [])
  return [
    ...asked.map(metric => `${nameOf(manifest)}: nothing exports ${metric}`),
    ...fields
      .filter(field => !scaleFields.includes(field))
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
