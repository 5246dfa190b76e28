{{- define "valence.name" -}}
{{ .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* At most 40 characters: "-serve", "-redis-headless" or the name of a pool follow it. */}}
{{- define "valence.fullname" -}}
{{- $name := include "valence.name" . -}}
{{- $full := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{ .Values.fullnameOverride | default $full | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- define "valence.selector" -}}
app.kubernetes.io/name: {{ include "valence.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "valence.labels" -}}
{{ include "valence.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Given a pool's image, or an empty one. */}}
{{- define "valence.image" -}}
{{- $image := .root.Values.image -}}
{{- $tag := .image.tag | default $image.tag | default .root.Chart.AppVersion -}}
image: {{ printf "%s:%s" (.image.repository | default $image.repository) $tag | quote }}
imagePullPolicy: {{ $image.pullPolicy }}
{{- end }}

{{/*
What every pod has. Service links are off because a service named `valence` would set VALENCE_PORT=tcp://...
*/}}
{{- define "valence.pod" -}}
{{- with .Values.serviceAccount.name }}
serviceAccountName: {{ . }}
{{- end }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- end }}

{{- define "valence.container" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- end }}

{{/* Where a pod goes: given a pool or `serve`, and the labels of its pods. */}}
{{- define "valence.placement" -}}
{{- with .of.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .of.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .of.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .of.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- if .of.topologySpread }}
topologySpreadConstraints:
  {{- range .of.topologySpread }}
  - {{ toYaml . | nindent 4 | trim }}
    labelSelector:
      matchLabels:
        {{- $.labels | nindent 8 }}
  {{- end }}
{{- end }}
{{- end }}

{{/* The environment by which a process finds Redis. */}}
{{- define "valence.redis.env" -}}
{{- $redis := .Values.redis -}}
- name: VALENCE_REDIS
  {{- if $redis.trial.enabled }}
  value: redis://{{ include "valence.fullname" . }}-redis:6379
  {{- else }}
  valueFrom:
    secretKeyRef:
      name: {{ $redis.existingSecret.name }}
      key: {{ $redis.existingSecret.urlKey }}
  {{- end }}
{{- with .Values.keyPrefix }}
- name: VALENCE_KEY_PREFIX
  value: {{ . | quote }}
{{- end }}
{{- with $redis.ca }}
{{- if .secret }}
- name: VALENCE_REDIS_CA
  value: /etc/valence/redis-ca/{{ .key }}
{{- end }}
{{- end }}
{{- with $redis.clientCertificate }}
{{- if .secret }}
- name: VALENCE_REDIS_CERT
  value: /etc/valence/redis-client/{{ .certKey }}
- name: VALENCE_REDIS_KEY
  value: /etc/valence/redis-client/{{ .keyKey }}
{{- end }}
{{- end }}
{{- with $redis.sentinel }}
{{- if .secret }}
- name: VALENCE_SENTINEL_USERNAME
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .usernameKey }}
      optional: true
- name: VALENCE_SENTINEL_PASSWORD
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .passwordKey }}
{{- end }}
{{- end }}
{{- end }}

{{- define "valence.env" -}}
{{- range $name, $value := . }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}

{{/* A folder for temporary files, and the files by which a process finds Redis. */}}
{{- define "valence.mounts" -}}
- name: tmp
  mountPath: /tmp
{{- with .Values.redis.ca.secret }}
- name: redis-ca
  mountPath: /etc/valence/redis-ca
  readOnly: true
{{- end }}
{{- with .Values.redis.clientCertificate.secret }}
- name: redis-client
  mountPath: /etc/valence/redis-client
  readOnly: true
{{- end }}
{{- end }}

{{- define "valence.volumes" -}}
- name: tmp
  emptyDir: {}
{{- with .Values.redis.ca.secret }}
- name: redis-ca
  secret:
    secretName: {{ . }}
{{- end }}
{{- with .Values.redis.clientCertificate.secret }}
- name: redis-client
  secret:
    secretName: {{ . }}
{{- end }}
{{- end }}

{{/* Probes by HTTP: given the port's name, and how often the startup probe may fail. */}}
{{- define "valence.probes" -}}
startupProbe:
  httpGet: { path: /livez, port: {{ .port }} }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: {{ .startupFailures | default 30 | int }}
# Alive, not ready: a restart does not bring Redis back.
livenessProbe:
  httpGet: { path: /livez, port: {{ .port }} }
  periodSeconds: 15
  timeoutSeconds: 5
  failureThreshold: 4
readinessProbe:
  httpGet: { path: {{ .readiness | default "/readyz" }}, port: {{ .port }} }
  periodSeconds: 5
  timeoutSeconds: 5
{{- end }}

{{/* Not empty if a pool is scaled by KEDA. */}}
{{- define "valence.keda" -}}
{{- range .Values.pools }}
{{- $pool := mergeOverwrite (deepCopy $.Values.poolDefaults) (deepCopy (. | default dict)) }}
{{- if $pool.keda.enabled }}yes{{ end }}
{{- end }}
{{- end }}

{{/* Not empty if all workers may be gone, which is no fault then. */}}
{{- define "valence.fromZero" -}}
{{- $always := "" }}
{{- range .Values.pools }}
{{- $pool := mergeOverwrite (deepCopy $.Values.poolDefaults) (deepCopy (. | default dict)) }}
{{- if ternary $pool.keda.minReplicas $pool.replicas $pool.keda.enabled | int }}{{ $always = "yes" }}{{ end }}
{{- end }}
{{- if not $always }}yes{{ end }}
{{- end }}

{{- define "valence.exporter" -}}
{{- if or .Values.exporter.enabled (include "valence.keda" .) }}yes{{ end }}
{{- end }}

{{/* The environment by which a model of the hub is pulled. */}}
{{- define "valence.hub.env" -}}
{{- with .Values.huggingFace }}
{{- if .tokenSecret.name }}
- name: HF_TOKEN
  valueFrom:
    secretKeyRef:
      name: {{ .tokenSecret.name }}
      key: {{ .tokenSecret.key }}
{{- end }}
{{- with .endpoint }}
- name: HF_ENDPOINT
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* CPU and memory of a pool's resources, without its GPU: an init container does not need one. */}}
{{- define "valence.resources.plain" -}}
{{- range $kind, $amounts := . }}
{{ $kind }}:
  {{- range $resource, $amount := $amounts }}
  {{- if not (contains "/" $resource) }}
  {{ $resource }}: {{ $amount | quote }}
  {{- end }}
  {{- end }}
{{- end }}
{{- end }}

{{/* A trigger of KEDA: a value that is missing is an error, never 0. */}}
{{- define "valence.trigger" -}}
{{- $target := .signal.target | int64 | quote -}}
{{- if eq .root.Values.keda.trigger "prometheus" -}}
- type: prometheus
  metricType: AverageValue
  metadata:
    serverAddress: {{ .root.Values.keda.prometheusAddress | quote }}
    query: {{ .signal.query | quote }}
    threshold: {{ $target }}
    activationThreshold: "0"
    ignoreNullValues: "false"
{{- else -}}
- type: metrics-api
  metricType: AverageValue
  metadata:
    url: http://{{ include "valence.fullname" .root }}-exporter.{{ .root.Release.Namespace }}:9465/v1/queue/scale
    format: json
    valueLocation: {{ .signal.json }}
    targetValue: {{ $target }}
    activationTargetValue: "0"
{{- end }}
{{- end }}
