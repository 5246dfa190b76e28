/** A fault put into a file of the chart, or into the values of an example, and what must be said of it. */
export interface ChartMutant {
  readonly fault: string
  readonly example: string
  /** In the chart's folder. */
  readonly file: string
  readonly from: string
  readonly to: string
  readonly problem: RegExp
}

const deployments = "templates/pool-deployments.yaml"
const helpers = "templates/_helpers.tpl"

/** The twelve faults of manifests, as they get into a chart. */
export const chartMutants: readonly ChartMutant[] = [
  {
    fault: "a part of a GPU",
    example: "gpu-mig",
    file: "examples/gpu-mig.yaml",
    from: "nvidia.com/mig-1g.10gb: 1",
    to: "nvidia.com/mig-1g.10gb: 0.5",
    problem: /resources\/limits\/nvidia.com~1mig-1g.10gb': got number, want integer/,
  },
  {
    fault: "a mount without a volume",
    example: "cpu",
    file: deployments,
    from: "        - name: cache\n          {{- if",
    to: "        - name: caches\n          {{- if",
    problem: /Deployment\/valence-cpu, container worker: no volume is called cache/,
  },
  {
    fault: "a port's name of more than 15 characters",
    example: "cpu",
    file: deployments,
    from: "- name: metrics\n",
    to: "- name: prometheus-metrics\n",
    problem: /a port's name must have at most 15 letters, digits and dashes; got prometheus-metrics/,
  },
  {
    fault: "a disruption budget with both bounds",
    example: "cpu",
    file: "templates/pool-disruption-budgets.yaml",
    from: "spec:\n",
    to: "spec:\n  minAvailable: 1\n",
    problem: /PodDisruptionBudget\/valence-cpu: must have minAvailable or maxUnavailable, not both/,
  },
  {
    fault: "a probe on a port that is not there",
    example: "cpu",
    file: deployments,
    from: '(dict "port" "metrics"',
    to: '(dict "port" "http"',
    problem: /readinessProbe asks at port http, which it does not have/,
  },
  {
    fault: "a misspelt resource",
    example: "keda-from-zero",
    file: "examples/keda-from-zero.yaml",
    from: "nvidia.com/gpu: 1",
    to: "nvidia.com/gpus: 1",
    problem: /resources\/limits': additional properties 'nvidia.com\/gpus' not allowed/,
  },
  {
    fault: "a secret that is not there",
    example: "external-redis-tls",
    file: helpers,
    from: "name: {{ $redis.existingSecret.name }}",
    to: 'name: {{ include "valence.fullname" . }}-redis-url',
    problem: /Deployment\/valence-cpu: no secret is called valence-redis-url/,
  },
  {
    fault: "a grace period shorter than the drain",
    example: "keda-from-zero",
    file: deployments,
    from: "{{ add $pool.drainSeconds 30 }}",
    to: "60",
    problem: /Deployment\/valence-gpu: must have 90 s to stop; got 60/,
  },
  {
    fault: "replicas beside KEDA",
    example: "keda-from-zero",
    file: deployments,
    from: "{{- if not $pool.keda.enabled }}",
    to: "{{- if $pool }}",
    problem: /replicas must not be given, since ScaledObject\/valence-gpu sets them/,
  },
  {
    fault: "a selector that does not match",
    example: "cpu",
    file: deployments,
    from: "valence-nlp/pool: %s",
    to: "valence-nlp/pools: %s",
    problem: /Deployment\/valence-cpu: its selector does not match its pods/,
  },
  {
    fault: "a metric that nothing exports",
    example: "keda-from-zero",
    file: "templates/pool-scaled-objects.yaml",
    from: "valence_backlog_tokens",
    to: "valence_queue_tokens",
    problem: /ScaledObject\/valence-gpu: nothing exports valence_queue_tokens/,
  },
  {
    fault: "an image called latest",
    example: "cpu",
    file: "values.yaml",
    from: '  tag: ""\n',
    to: "  tag: latest\n",
    problem: /'\/image\/tag': 'not' failed/,
  },
]
