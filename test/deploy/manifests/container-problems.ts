import { type Container, type Manifest, type Pod, type Probe, podsOf } from "./manifest.ts"

/** Volumes, ports, probes, images and rights of containers. */
export function containerProblems(manifests: readonly Manifest[]): string[] {
  return podsOf(manifests).flatMap(pod => [
    ...podProblems(pod),
    ...pod.containers.flatMap(container =>
      [
        ...mountProblems(pod, container, manifests),
        ...portProblems(container),
        ...probeProblems(container),
        ...imageProblems(container),
        ...rightProblems(container),
        ...argumentProblems(container),
      ].map(problem => `${pod.owner}, container ${container.name}: ${problem}`),
    ),
  ])
}

function podProblems({ owner, spec }: Pod): string[] {
  const { securityContext = {}, automountServiceAccountToken, enableServiceLinks } = spec
  const seccomp = securityContext["seccompProfile"] as { type?: string } | undefined
  return [
    securityContext["runAsNonRoot"] === true ? "" : "runAsNonRoot must be true",
    seccomp?.type === "RuntimeDefault" ? "" : "seccompProfile must be RuntimeDefault",
    automountServiceAccountToken === false ? "" : "must not mount a token of the API",
    // A service called `valence` would set VALENCE_PORT to tcp://10.0.0.1:80.
    enableServiceLinks === false ? "" : "enableServiceLinks must be false",
  ].flatMap(problem => (problem === "" ? [] : [`${owner}: ${problem}`]))
}

function mountProblems(
  { owner, spec }: Pod,
  { volumeMounts = [] }: Container,
  manifests: readonly Manifest[],
): string[] {
  const claims = manifests
    .filter(({ kind, metadata }) => `${kind}/${metadata.name}` === owner)
    .flatMap(({ spec: { volumeClaimTemplates = [] } = {} }) =>
      volumeClaimTemplates.map(({ metadata }) => metadata.name),
    )
  const volumes = [...(spec.volumes ?? []).map(({ name }) => name), ...claims]
  return volumeMounts.filter(({ name }) => !volumes.includes(name)).map(({ name }) => `no volume is called ${name}`)
}

function portProblems({ ports = [] }: Container): string[] {
  return ports
    .filter(({ name }) => !/^(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/.test(name) || name.length > 15)
    .map(({ name }) => `a port's name must have at most 15 letters, digits and dashes; got ${name}`)
}

function probeProblems({ startupProbe, livenessProbe, readinessProbe, ports = [] }: Container): string[] {
  const known = ports.flatMap(({ name, containerPort }) => [name, containerPort])
  return Object.entries({ startupProbe, livenessProbe, readinessProbe }).flatMap(([kind, probe]) => {
    const port = portOf(probe)
    return port === undefined || known.includes(port) ? [] : [`${kind} asks at port ${port}, which it does not have`]
  })
}

const portOf = (probe: Probe | undefined) => probe?.httpGet?.port ?? probe?.tcpSocket?.port

function imageProblems({ image }: Container): string[] {
  const [, tag] = /:([^:/@]+)(?:@|$)/.exec(image) ?? []
  if (tag === undefined) return image.includes("@sha256:") ? [] : [`image ${image} has no tag`]
  return tag === "latest" ? [`image ${image} must have a tag that stays what it is`] : []
}

function rightProblems({ securityContext = {} }: Container): string[] {
  const capabilities = securityContext["capabilities"] as { drop?: string[]; add?: string[] } | undefined
  return [
    securityContext["allowPrivilegeEscalation"] === false ? [] : ["allowPrivilegeEscalation must be false"],
    securityContext["readOnlyRootFilesystem"] === true ? [] : ["readOnlyRootFilesystem must be true"],
    capabilities?.drop?.includes("ALL") && !capabilities.add ? [] : ["capabilities must be dropped, and none added"],
  ].flat()
}

/** `$(NAME)` in an argument stays as it is if there is no such variable. */
function argumentProblems({ args = [], env = [] }: Container): string[] {
  const asked = args.flatMap(arg => [...arg.matchAll(/\$\(([^)]*)\)/g)].map(([, name = ""]) => name))
  return asked
    .filter(name => !env.some(variable => variable.name === name))
    .map(name => `no variable is called ${name}`)
}
