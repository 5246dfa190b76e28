import { parseAllDocuments } from "yaml"

/** Labels of an object, or those that a selector asks for. */
export type Labels = Readonly<Record<string, string>>

/** Which pods or objects are meant. */
export interface Selector {
  readonly matchLabels?: Labels
}

/** One way to ask a container how it is. */
export interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string | number }
  readonly tcpSocket?: { readonly port: string | number }
  readonly exec?: unknown
}

/** A container of a pod, as far as the tests look at it. */
export interface Container {
  readonly name: string
  image: string
  readonly args?: readonly string[]
  readonly env?: readonly EnvVariable[]
  readonly ports?: { name: string; readonly containerPort: number }[]
  readonly resources?: Partial<Record<"requests" | "limits", Record<string, string | number>>>
  readonly securityContext?: Readonly<Record<string, unknown>>
  readonly volumeMounts?: { name: string; readonly mountPath: string }[]
  startupProbe?: Probe
  livenessProbe?: Probe
  readinessProbe?: Probe
}

/** A variable, with a value or from a secret. */
export interface EnvVariable {
  readonly name: string
  readonly value?: string
  readonly valueFrom?: { readonly secretKeyRef?: { name: string; readonly key: string } }
}

/** A volume of a pod. */
export interface Volume {
  readonly name: string
  readonly secret?: { readonly secretName: string }
  readonly configMap?: { readonly name: string }
  readonly persistentVolumeClaim?: { readonly claimName: string }
}

/** What a pod is made from. */
export interface PodSpec {
  readonly containers: Container[]
  readonly initContainers?: Container[]
  readonly volumes?: Volume[]
  readonly securityContext?: Readonly<Record<string, unknown>>
  readonly automountServiceAccountToken?: boolean
  readonly enableServiceLinks?: boolean
  terminationGracePeriodSeconds?: number
  readonly topologySpreadConstraints?: readonly { readonly labelSelector?: Selector }[]
}

/** A port, as a Service, a NetworkPolicy or a PodMonitor names it. */
export interface PortReference {
  readonly port?: string | number
  readonly targetPort?: string | number
}

/** A trigger of KEDA. */
export interface Trigger {
  readonly type: string
  readonly metricType?: string
  readonly metadata: Record<string, string>
}

/** The fields of all kinds that the chart renders. */
export interface Spec extends Partial<PodSpec> {
  replicas?: number
  readonly template?: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec }
  /** Of a Service it is the labels themselves. */
  readonly selector?: Selector | Labels
  readonly podSelector?: Selector
  readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[]
  readonly ports?: readonly PortReference[]
  readonly ingress?: readonly { readonly ports?: readonly PortReference[]; readonly from?: readonly Peer[] }[]
  readonly podMetricsEndpoints?: readonly MetricsEndpoint[]
  readonly rules?: readonly IngressRule[]
  readonly tls?: readonly { readonly secretName: string }[]
  readonly scaleTargetRef?: { readonly kind?: string; readonly name: string }
  readonly triggers?: readonly Trigger[]
  readonly fallback?: unknown
  readonly groups?: readonly { readonly rules: { expr: string }[] }[]
  minAvailable?: string | number
  maxUnavailable?: string | number
  readonly unhealthyPodEvictionPolicy?: string
}

interface Peer {
  readonly podSelector?: Selector
  readonly namespaceSelector?: Selector
}

interface MetricsEndpoint {
  readonly port: string
  readonly authorization?: { readonly credentials: { readonly name: string } }
}

interface IngressRule {
  readonly http: {
    readonly paths: readonly { readonly backend: { readonly service: { name: string; port: { name: string } } } }[]
  }
}

/** An object of Kubernetes. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string; readonly labels?: Labels }
  readonly spec?: Spec
  readonly data?: Readonly<Record<string, string>>
}

/** A pod, or what pods are made from, with its labels. */
export interface Pod {
  /** Such as `Deployment/valence-cpu`. */
  readonly owner: string
  readonly labels: Labels
  readonly spec: PodSpec
  readonly containers: readonly Container[]
}

/** The objects of a file with several documents. */
export function readManifests(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap(document => {
    if (document.errors.length > 0) throw document.errors[0]
    const manifest = document.toJS() as Manifest | null
    return manifest === null ? [] : [manifest]
  })
}

/** What an object is called in messages. */
export const nameOf = ({ kind, metadata }: Manifest) => `${kind}/${metadata.name}`

/** The pods that objects make, and those that they are. */
export function podsOf(manifests: readonly Manifest[]): Pod[] {
  return manifests.flatMap(manifest => {
    const { kind, metadata, spec } = manifest
    const template = kind === "Pod" ? { metadata, spec: spec as PodSpec } : spec?.template
    if (template === undefined) return []
    const containers = [...(template.spec.initContainers ?? []), ...template.spec.containers]
    return [{ owner: nameOf(manifest), labels: template.metadata.labels ?? {}, spec: template.spec, containers }]
  })
}

/** Whether labels are those that a selector asks for, and it asks for some. */
export function matches({ matchLabels = {} }: Selector, labels: Labels): boolean {
  const asked = Object.entries(matchLabels)
  return asked.length > 0 && asked.every(([name, value]) => labels[name] === value)
}
