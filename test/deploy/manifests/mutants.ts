import { type Manifest, nameOf, type PodSpec, type Spec } from "./manifest.ts"

/** A fault put into good manifests, and what must be found. */
export interface Mutant {
  readonly fault: string
  readonly problem: RegExp
  readonly example: "cpu" | "gpu-mig" | "keda-from-zero" | "external-redis-tls"
  change(specOf: (name: string) => Spec): void
}

const podOf = (spec: Spec): PodSpec => spec.template?.spec as PodSpec
const containerOf = (spec: Spec) => podOf(spec).containers[0] as PodSpec["containers"][0]

/** The twelve faults that a schema does not see. */
export const mutants: readonly Mutant[] = [
  {
    fault: "a part of a GPU",
    problem: /nvidia.com\/mig-1g.10gb must be a whole number; got 0.5/,
    example: "gpu-mig",
    change: specOf =>
      Object.assign(containerOf(specOf("Deployment/valence-mig")).resources?.limits ?? {}, {
        "nvidia.com/mig-1g.10gb": 0.5,
      }),
  },
  {
    fault: "a mount without a volume",
    problem: /no volume is called cash/,
    example: "cpu",
    change: specOf =>
      containerOf(specOf("Deployment/valence-cpu")).volumeMounts?.push({ name: "cash", mountPath: "/cash" }),
  },
  {
    fault: "a port's name of more than 15 characters",
    problem: /at most 15 letters.*got metrics-of-worker/,
    example: "cpu",
    change(specOf) {
      const container = containerOf(specOf("Deployment/valence-cpu"))
      for (const port of container.ports ?? []) port.name = "metrics-of-worker"
    },
  },
  {
    fault: "a disruption budget with both bounds",
    problem: /PodDisruptionBudget\/valence-cpu: must have minAvailable or maxUnavailable, not both/,
    example: "cpu",
    change(specOf) {
      specOf("PodDisruptionBudget/valence-cpu").minAvailable = 1
    },
  },
  {
    fault: "a probe on a port that is not there",
    problem: /livenessProbe asks at port health, which it does not have/,
    example: "cpu",
    change(specOf) {
      containerOf(specOf("Deployment/valence-cpu")).livenessProbe = { httpGet: { path: "/livez", port: "health" } }
    },
  },
  {
    fault: "a misspelt resource",
    problem: /no resource is called nvidia.com\/gpus/,
    example: "keda-from-zero",
    change: specOf =>
      Object.assign(containerOf(specOf("Deployment/valence-gpu")).resources?.limits ?? {}, { "nvidia.com/gpus": 1 }),
  },
  {
    fault: "a secret that is not there",
    problem: /no secret is called valence-rediss/,
    example: "external-redis-tls",
    change(specOf) {
      for (const { valueFrom } of containerOf(specOf("Deployment/valence-cpu")).env ?? [])
        if (valueFrom?.secretKeyRef) valueFrom.secretKeyRef.name = "valence-rediss"
    },
  },
  {
    fault: "a grace period shorter than the drain",
    problem: /Deployment\/valence-gpu: must have 90 s to stop; got 60/,
    example: "keda-from-zero",
    change(specOf) {
      podOf(specOf("Deployment/valence-gpu")).terminationGracePeriodSeconds = 60
    },
  },
  {
    fault: "replicas beside KEDA",
    problem: /replicas must not be given, since ScaledObject\/valence-gpu sets them/,
    example: "keda-from-zero",
    change(specOf) {
      specOf("Deployment/valence-gpu").replicas = 1
    },
  },
  {
    fault: "a selector that does not match",
    problem: /Deployment\/valence-cpu: its selector does not match its pods/,
    example: "cpu",
    change: specOf =>
      Object.assign((specOf("Deployment/valence-cpu").selector as { matchLabels: object }).matchLabels, {
        "valence-nlp/pool": "gpu",
      }),
  },
  {
    fault: "a metric that nothing exports",
    problem: /nothing exports valence_waiting_tokenz/,
    example: "keda-from-zero",
    change(specOf) {
      for (const { metadata } of specOf("ScaledObject/valence-gpu").triggers ?? [])
        metadata["query"] = "sum(valence_waiting_tokenz)"
    },
  },
  {
    fault: "an image called latest",
    problem: /image .*:latest must have a tag that stays what it is/,
    example: "cpu",
    change(specOf) {
      const container = containerOf(specOf("Deployment/valence-serve"))
      container.image = container.image.replace(/:[^:]+$/, ":latest")
    },
  },
]

/** Puts a fault into manifests. */
export function mutate(manifests: readonly Manifest[], { change }: Mutant): void {
  change(name => {
    const { spec } = manifests.find(manifest => nameOf(manifest) === name) ?? {}
    if (spec === undefined) throw new Error(`the manifests have no ${name}`)
    return spec
  })
}
