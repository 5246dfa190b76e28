import { loadProblem, neededLibraries, providerProblem } from "../classifier/plan/provider-problem.ts"
import { type Provider, providers } from "../classifier/plan/providers.ts"
import { listSupportedBackends } from "../model/runtime/onnx-runtime.ts"
import { onnxRuntimeFiles } from "../model/runtime/onnx-runtime-files.ts"
import { type Finding, withRemedy } from "./finding.ts"
import { examineGpus } from "./gpus.ts"
import { sessionProblem } from "./try-provider.ts"

async function examineProvider(provider: Provider, supported: readonly string[]): Promise<Finding> {
  const problem = providerProblem(provider, supported)
  const finding = { section: "ONNX Runtime", name: provider.device } as const
  if (problem !== undefined) return { ...finding, status: "absent", ...withRemedy(problem) }
  const needs = [...provider.files, ...neededLibraries(provider)]
  if (needs.length === 0) return { ...finding, status: "ok", found: "is built in" }
  const found = `found, with ${needs.join(", ")}`
  const refusal = await sessionProblem(provider)
  if (refusal === undefined) return { ...finding, status: "ok", found: `${found}; a session opens` }
  return { ...finding, status: "absent", found: `${found}, but no session opens: ${refusal}` }
}

/** NVIDIA's driver, which is looked for before a provider is installed. */
const driver = "libcuda.so.1"

function examineDriver(): Finding[] {
  const here = `${process.platform}/${process.arch}`
  if (!providers.some(({ isNvidia, platforms }) => isNvidia && platforms?.includes(here))) return []
  const problem = loadProblem(driver)
  const status = problem === undefined ? "ok" : "absent"
  return [{ section: "GPU", name: driver, status, found: problem ?? "loads" }]
}

/** ONNX Runtime with its providers, and what they need: libraries, drivers and GPUs. */
export async function examineRuntime(): Promise<Finding[]> {
  const supported = listSupportedBackends().map(({ name }) => name)
  const { version } = onnxRuntimeFiles()
  const found = `${version} on ${process.platform}/${process.arch}`
  return [
    { section: "ONNX Runtime", name: "onnxruntime-node", status: "ok", found },
    ...(await Promise.all(providers.map(provider => examineProvider(provider, supported)))),
    ...(await examineGpus()),
    ...examineDriver(),
  ]
}
