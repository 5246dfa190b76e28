import { type Manifest, nameOf, type Trigger } from "./manifest.ts"

/** Numbers of pods that two would set, and budgets and triggers that do harm when something is missing. */
export function scalingProblems(manifests: readonly Manifest[]): string[] {
  const scaled = manifests.flatMap(manifest => {
    const { kind = "Deployment", name } = manifest.spec?.scaleTargetRef ?? {}
    return name === undefined ? [] : [{ workload: `${kind}/${name}`, by: nameOf(manifest) }]
  })
  const byTwo = scaled.filter(({ workload, by }) =>
    scaled.some(other => other.workload === workload && other.by !== by),
  )
  return [
    ...byTwo.map(({ workload, by }) => `${by}: something else scales ${workload} too`),
    ...manifests.flatMap(manifest => {
      const name = nameOf(manifest)
      const scaler = scaled.find(({ workload }) => workload === name)
      const hasReplicas = scaler !== undefined && manifest.spec?.replicas !== undefined
      return [
        ...(hasReplicas ? [`${name}: replicas must not be given, since ${scaler.by} sets them`] : []),
        ...budgetProblems(manifest),
        ...kedaProblems(manifest),
      ]
    }),
  ]
}

function budgetProblems(manifest: Manifest): string[] {
  if (manifest.kind !== "PodDisruptionBudget") return []
  const { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy } = manifest.spec ?? {}
  const name = nameOf(manifest)
  if (minAvailable !== undefined && maxUnavailable !== undefined)
    return [`${name}: must have minAvailable or maxUnavailable, not both`]
  return [
    // A number is used up by pods that cannot be placed, and `kubectl drain` waits without end.
    ...(/^([1-9]\d?|100)%$/.test(String(maxUnavailable)) ? [] : [`${name}: maxUnavailable must be a percentage`]),
    ...(unhealthyPodEvictionPolicy === "AlwaysAllow"
      ? []
      : [`${name}: pods that are not ready must not block a drain`]),
  ]
}

function kedaProblems(manifest: Manifest): string[] {
  if (manifest.kind !== "ScaledObject") return []
  const { triggers = [], fallback } = manifest.spec ?? {}
  return [
    ...(triggers.length === 0 ? ["must have a trigger"] : []),
    ...(fallback === undefined ? ["must have a fallback"] : []),
    ...triggers.flatMap(triggerProblems),
  ].map(problem => `${nameOf(manifest)}: ${problem}`)
}

function triggerProblems({ type, metricType, metadata }: Trigger): string[] {
  return [
    // KEDA reads a missing series as 0 otherwise, and stops the fleet.
    ...(type === "prometheus" && metadata["ignoreNullValues"] !== "false" ? ['ignoreNullValues must be "false"'] : []),
    // Of a total it is a share for each worker; a fallback works with it alone.
    ...(metricType === "AverageValue" ? [] : [`metricType must be AverageValue; got ${metricType}`]),
    ...(/backlog_seconds/.test(metadata["query"] ?? "")
      ? ["must not divide seconds of backlog, which shrink with workers already"]
      : []),
  ]
}
