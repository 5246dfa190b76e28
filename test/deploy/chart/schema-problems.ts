import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { findProgram } from "../../redis/find-redis-binary.ts"
import { type Manifest, nameOf } from "../manifests/manifest.ts"

/** The folder that `npm run test:chart` keeps its tools in; undefined in `npm test`. */
const toolsFolder = process.env["VALENCE_CHART_TOOLS"]

/** Whether the schemas of Kubernetes can be asked. */
export const hasKubernetesSchemas = findProgram("kubernetes-validate") !== undefined

/** Whether the schemas of KEDA and of the Prometheus operator can be asked. */
export const hasCustomSchemas = toolsFolder !== undefined

/** The parts of `@kubernetes-models` with the kinds that are no part of Kubernetes. */
const modules: Readonly<Record<string, string>> = {
  "keda.sh/v1alpha1": "keda/keda.sh/v1alpha1",
  "monitoring.coreos.com/v1": "prometheus-operator/monitoring.coreos.com/v1",
}

/** Whether Kubernetes itself knows what an object is. */
export const isOfKubernetes = ({ apiVersion }: Manifest) => modules[apiVersion] === undefined

/** What `kubernetes-validate --strict` says of a file; nothing if it is valid. */
export function kubernetesProblems(file: string, version: string): string {
  const words = ["--strict", "--quiet", "--kubernetes-version", version, file]
  const { status, stdout, stderr } = spawnSync("kubernetes-validate", words, { encoding: "utf8" })
  return status === 0 ? "" : stdout + stderr
}

/** What the schema of a custom resource says of an object; nothing if it is valid, or is no custom resource. */
export async function customProblems(manifest: Manifest): Promise<string[]> {
  const name = modules[manifest.apiVersion]
  if (name === undefined || toolsFolder === undefined) return []
  const index = join(toolsFolder, "node_modules/@kubernetes-models", name, "index.js")
  const kinds = (await import(pathToFileURL(index).href)) as Record<string, new (data: unknown) => { validate(): void }>
  const { [manifest.kind]: Kind } = kinds
  if (Kind === undefined) return [`${nameOf(manifest)}: ${name} has no such kind`]
  try {
    new Kind(manifest).validate()
    return []
  } catch (error) {
    return [`${nameOf(manifest)}: ${error instanceof Error ? error.message : error}`]
  }
}
