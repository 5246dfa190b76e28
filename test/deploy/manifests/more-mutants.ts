import type { Mutant } from "./mutants.ts"

type MoreMutant = Pick<Mutant, "fault" | "problem" | "example"> & {
  /** Where in the text of the manifests; each place is changed. */
  readonly from: RegExp
  readonly to: string
}

/** Other faults of manifests, one for each further rule. */
export const moreMutants: readonly MoreMutant[] = [
  {
    fault: "a root user",
    example: "cpu",
    from: /runAsNonRoot: true/,
    to: "runAsNonRoot: false",
    problem: /runAsNonRoot must be true/,
  },
  {
    fault: "no seccomp",
    example: "cpu",
    from: /RuntimeDefault/,
    to: "Unconfined",
    problem: /seccompProfile must be RuntimeDefault/,
  },
  {
    fault: "a token of the API",
    example: "cpu",
    from: /automountServiceAccountToken: false/,
    to: "automountServiceAccountToken: true",
    problem: /must not mount a token of the API/,
  },
  {
    fault: "service links",
    example: "cpu",
    from: /enableServiceLinks: false/,
    to: "enableServiceLinks: true",
    problem: /enableServiceLinks must be false/,
  },
  {
    fault: "rights that grow",
    example: "cpu",
    from: /allowPrivilegeEscalation: false/,
    to: "allowPrivilegeEscalation: true",
    problem: /allowPrivilegeEscalation must be false/,
  },
  {
    fault: "a root that can be written",
    example: "cpu",
    from: /readOnlyRootFilesystem: true/,
    to: "readOnlyRootFilesystem: false",
    problem: /readOnlyRootFilesystem must be true/,
  },
  {
    fault: "capabilities",
    example: "cpu",
    from: /drop: \[ALL\]/,
    to: "add: [SYS_ADMIN]",
    problem: /capabilities must be dropped/,
  },
  { fault: "an image without a tag", example: "cpu", from: /valence:0\.2\.0/, to: "valence", problem: /has no tag/ },
  {
    fault: "a variable that is not there",
    example: "cpu",
    from: /- name: VALENCE_MODEL\b/,
    to: "- name: VALENCE_MODELL",
    problem: /nothing reads VALENCE_MODELL/,
  },
  {
    fault: "an argument of an unknown variable",
    example: "cpu",
    from: /args: \[work\]/,
    to: "args: [work, $(NONE)]",
    problem: /no variable is called NONE/,
  },
  {
    fault: "a claim that is not there",
    example: "gpu-mig",
    from: /claimName: valence-cache/,
    to: "claimName: cache",
    problem: /no claim is called cache/,
  },
  {
    fault: "an Ingress's secret that is not there",
    example: "external-redis-tls",
    from: /secretName: valence-tls/,
    to: "secretName: tls",
    problem: /Ingress\/valence-serve: no secret is called tls/,
  },
  {
    fault: "a server that is killed as it drains",
    example: "cpu",
    from: /--unready-seconds=5/,
    to: "--unready-seconds=60",
    problem: /Deployment\/valence-serve: must have 120 s to stop; got 65/,
  },
  {
    fault: "a service without pods",
    example: "cpu",
    from: /( {2}selector:\n(?: {4}app\S+ \S+\n){2} {4}app.kubernetes.io\/component: )redis/,
    to: "$1redist",
    problem: /Service\/valence-redis: its selector matches no pod/,
  },
  {
    fault: "a service's port that no pod has",
    example: "cpu",
    from: /targetPort: http/,
    to: "targetPort: https",
    problem: /Service\/valence-serve: no pod has its port https/,
  },
  {
    fault: "a budget that is a number",
    example: "cpu",
    from: /maxUnavailable: 25%/,
    to: "maxUnavailable: 1",
    problem: /maxUnavailable must be a percentage/,
  },
  {
    fault: "a budget that pods that are not ready use up",
    example: "cpu",
    from: /AlwaysAllow/,
    to: "IfHealthyBudget",
    problem: /pods that are not ready must not block a drain/,
  },
  {
    fault: "missing numbers that are 0",
    example: "keda-from-zero",
    from: /ignoreNullValues: "false"/,
    to: 'ignoreNullValues: "true"',
    problem: /ignoreNullValues must be "false"/,
  },
  {
    fault: "a total that is not shared",
    example: "keda-from-zero",
    from: /metricType: AverageValue/,
    to: "metricType: Value",
    problem: /metricType must be AverageValue; got Value/,
  },
  {
    fault: "a backlog that is divided twice",
    example: "keda-from-zero",
    from: /max\(valence_desired_workers\)/,
    to: "max(valence_backlog_seconds)",
    problem: /must not divide seconds of backlog/,
  },
  {
    fault: "no fallback",
    example: "keda-from-zero",
    from: /fallback:/,
    to: "fallbacks:",
    problem: /must have a fallback/,
  },
  {
    fault: "a field that is not told",
    example: "external-redis-tls",
    from: /valueLocation: waitingTokens/,
    to: "valueLocation: tokens",
    problem: /nothing exports tokens/,
  },
  {
    fault: "a target that is not there",
    example: "keda-from-zero",
    from: /scaleTargetRef:\n {4}name: valence-gpu/,
    to: "scaleTargetRef:\n    name: gpu",
    problem: /there is no Deployment\/gpu to scale/,
  },
  {
    fault: "an Ingress to a port that is not there",
    example: "external-redis-tls",
    from: /port:\n +name: http/,
    to: "port: { name: web }",
    problem: /there is no service valence-serve with a port web/,
  },
  {
    fault: "a device that is requested and limited otherwise",
    example: "keda-from-zero",
    from: /requests:(\n +)cpu: "2"/,
    to: 'requests:$1nvidia.com/gpu: 2$1cpu: "2"',
    problem: /nvidia.com\/gpu must have a limit, and no other request/,
  },
  {
    fault: "two objects of one name",
    example: "cpu",
    from: /kind: Service\nmetadata:\n {2}name: valence-redis/,
    to: "kind: Service\nmetadata:\n  name: valence-serve",
    problem: /Service\/valence-serve is there twice/,
  },
  {
    fault: "two scalers of one workload",
    example: "external-redis-tls",
    from: /name: valence-cpu\n {2}minReplicaCount/,
    to: "name: valence-serve\n  minReplicaCount",
    problem: /something else scales Deployment\/valence-serve too/,
  },
  {
    fault: "a selector of two pools",
    example: "gpu-mig",
    from: /(matchLabels:(\n +app\S+ \S+){3})\n +valence-nlp\/pool: cpu/,
    to: "$1",
    problem: /Deployment\/valence-cpu: its selector matches the pods of Deployment\/valence-mig/,
  },
  {
    fault: "a spread of others' pods",
    example: "cpu",
    from: /labelSelector:\n( +)matchLabels:/,
    to: "labelSelector:\n$1matchLabels:\n$1  other: pods",
    problem: /it spreads pods that are not its own/,
  },
  {
    fault: "a policy that lets in pods that are not there",
    example: "cpu",
    from: /- podSelector:\n( +)matchLabels:/,
    to: "- podSelector:\n$1matchLabels:\n$1  other: pods",
    problem: /it lets in pods that are not there/,
  },
  {
    fault: "a config map that is not there",
    example: "cpu",
    from: /emptyDir: \{\}/,
    to: "configMap: { name: none }",
    problem: /no config map is called none/,
  },
]

/** Puts a fault into the text of manifests. */
export function mutateText(text: string, { from, to }: MoreMutant): string {
  const mutated = text.replaceAll(new RegExp(from, "g"), to)
  if (mutated === text) throw new Error(`the manifests have no ${from}`)
  return mutated
}
