import { type Labels, type Manifest, matches, nameOf, type Pod, podsOf, type Selector, type Spec } from "./manifest.ts"

/** Selectors that match no pod or a stranger's, and ports and targets that nothing has. */
export function selectorProblems(manifests: readonly Manifest[]): string[] {
  const pods = podsOf(manifests)
  return manifests.flatMap(manifest => {
    const { kind, spec = {} } = manifest
    const problems =
      kind === "Deployment" || kind === "StatefulSet"
        ? workloadProblems(nameOf(manifest), spec, pods)
        : [...meantProblems(kind, spec, pods), ...targetProblems(spec, manifests)]
    return problems.map(problem => `${nameOf(manifest)}: ${problem}`)
  })
}

function workloadProblems(owner: string, { selector = {}, template }: Spec, pods: readonly Pod[]): string[] {
  const labels = template?.metadata.labels ?? {}
  const spreads = template?.spec.topologySpreadConstraints ?? []
  return [
    ...(matches(selector, labels) ? [] : ["its selector does not match its pods"]),
    ...pods
      .filter(pod => pod.owner !== owner && matches(selector, pod.labels))
      .map(pod => `its selector matches the pods of ${pod.owner}`),
    ...spreads
      .filter(({ labelSelector = {} }) => !matches(labelSelector, labels))
      .map(() => "it spreads pods that are not its own"),
  ]
}

function meantProblems(kind: string, spec: Spec, pods: readonly Pod[]): string[] {
  const selector = selectorOf(kind, spec)
  if (selector === undefined) return []
  const meant = pods.filter(({ labels }) => matches(selector, labels))
  if (meant.length === 0) return ["its selector matches no pod"]
  const known = meant.flatMap(({ containers }) =>
    containers.flatMap(({ ports = [] }) => ports.flatMap(({ name, containerPort }) => [name, containerPort])),
  )
  const { ports = [], podMetricsEndpoints = [], ingress = [] } = spec
  const asked = [
    ...ports.map(({ port, targetPort }) => targetPort ?? port),
    ...podMetricsEndpoints.map(({ port }) => port),
    ...ingress.flatMap(({ ports = [] }) => ports.map(({ port }) => port)),
  ]
  const own = ingress.flatMap(({ from = [] }) => from.filter(({ namespaceSelector }) => !namespaceSelector))
  return [
    ...asked.filter(port => port !== undefined && !known.includes(port)).map(port => `no pod has its port ${port}`),
    ...own
      .filter(({ podSelector }) => podSelector && !pods.some(({ labels }) => matches(podSelector, labels)))
      .map(() => "it lets in pods that are not there"),
  ]
}

function selectorOf(kind: string, { selector, podSelector }: Spec): Selector | undefined {
  if (kind === "Service") return { matchLabels: (selector ?? {}) as Labels }
  if (kind === "NetworkPolicy") return podSelector ?? {}
  return kind === "PodDisruptionBudget" || kind === "PodMonitor" ? (selector ?? {}) : undefined
}

function targetProblems({ scaleTargetRef: target, rules = [] }: Spec, manifests: readonly Manifest[]): string[] {
  const names = manifests.map(nameOf)
  const workload = target && `${target.kind ?? "Deployment"}/${target.name}`
  const services = rules.flatMap(({ http }) => http.paths.map(({ backend }) => backend.service))
  const ports = (name: string) =>
    (manifests.find(manifest => nameOf(manifest) === `Service/${name}`)?.spec?.ports ?? []) as { name?: string }[]
  return [
    ...(workload === undefined || names.includes(workload) ? [] : [`there is no ${workload} to scale`]),
    ...services
      .filter(({ name, port }) => !ports(name).some(one => one.name === port.name))
      .map(({ name, port }) => `there is no service ${name} with a port ${port.name}`),
  ]
}
