import { type Manifest, podsOf } from "./manifest.ts"

const plainNames = /^(cpu|memory|ephemeral-storage|hugepages-\d+[KMG]i)$/

/** What device plugins of NVIDIA, AMD and Intel call their devices. */
const deviceNames = [
  /^nvidia\.com\/(gpu|gpu\.shared|mig-[1-7]g\.[1-9]\d*gb(\.me)?(\.shared)?)$/,
  /^amd\.com\/gpu$/,
  /^gpu\.intel\.com\/(i915|xe)$/,
]

/** Resources that no node has, and parts of devices, of which there are none. */
export function resourceProblems(manifests: readonly Manifest[]): string[] {
  return podsOf(manifests).flatMap(({ owner, containers }) =>
    containers.flatMap(({ name, resources = {} }) => {
      const { requests = {}, limits = {} } = resources
      const of = `${owner}, container ${name}`
      return Object.entries({ ...requests, ...limits }).flatMap(([resource, amount]) => {
        if (plainNames.test(resource)) return []
        if (!deviceNames.some(known => known.test(resource))) return [`${of}: no resource is called ${resource}`]
        if (!/^[1-9]\d*$/.test(String(amount))) return [`${of}: ${resource} must be a whole number; got ${amount}`]
        const { [resource]: requested = amount } = requests
        if (requested !== amount || limits[resource] === undefined)
          return [`${of}: ${resource} must have a limit, and no other request`]
        return []
      })
    }),
  )
}
