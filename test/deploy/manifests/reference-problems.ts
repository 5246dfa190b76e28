import { type Manifest, nameOf, type Pod, podsOf } from "./manifest.ts"

/** What an installation finds in its namespace, or may be told of by its values. */
export interface Present {
  readonly secrets: readonly string[]
  readonly claims: readonly string[]
}

/** Secrets, claims and config maps that are asked for, and are neither rendered nor named by the values. */
export function referenceProblems(manifests: readonly Manifest[], present: Present): string[] {
  const rendered = manifests.map(nameOf)
  const missing = (kind: string, others: readonly string[]) => (name: string) =>
    !rendered.includes(`${kind}/${name}`) && !others.includes(name)
  const isNoSecret = missing("Secret", present.secrets)
  const isNoClaim = missing("PersistentVolumeClaim", present.claims)
  const isNoConfigMap = missing("ConfigMap", [])
  const ofPods = podsOf(manifests).flatMap(pod => [
    ...secretsOf(pod)
      .filter(isNoSecret)
      .map(name => `${pod.owner}: no secret is called ${name}`),
    ...claimsOf(pod)
      .filter(isNoClaim)
      .map(name => `${pod.owner}: no claim is called ${name}`),
    ...configMapsOf(pod)
      .filter(isNoConfigMap)
      .map(name => `${pod.owner}: no config map is called ${name}`),
  ])
  const ofOthers = manifests.flatMap(manifest =>
    secretsBeside(manifest)
      .filter(isNoSecret)
      .map(name => `${nameOf(manifest)}: no secret is called ${name}`),
  )
  return [...ofPods, ...ofOthers]
}

function secretsOf({ spec, containers }: Pod): string[] {
  const ofEnv = containers.flatMap(({ env = [] }) => env.map(({ valueFrom }) => valueFrom?.secretKeyRef?.name))
  const ofVolumes = (spec.volumes ?? []).map(({ secret }) => secret?.secretName)
  return [...ofEnv, ...ofVolumes].filter(name => name !== undefined)
}

function claimsOf({ spec }: Pod): string[] {
  return (spec.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) => (claim ? [claim.claimName] : []))
}

function configMapsOf({ spec }: Pod): string[] {
  return (spec.volumes ?? []).flatMap(({ configMap }) => (configMap ? [configMap.name] : []))
}

/** Of an Ingress, and of a PodMonitor. */
function secretsBeside({ spec: { tls = [], podMetricsEndpoints = [] } = {} }: Manifest): string[] {
  const keys = podMetricsEndpoints.flatMap(({ authorization }) =>
    authorization ? [authorization.credentials.name] : [],
  )
  return [...tls.map(({ secretName }) => secretName), ...keys]
}
