import { loadProblem, providerProblem } from "../classifier/plan/provider-problem.ts"
import { type Provider, providers } from "../classifier/plan/providers.ts"
import { listSupportedBackends } from "../model/runtime/onnx-runtime.ts"
import { onnxRuntimeFiles } from "../model/runtime/onnx-runtime-files.ts"
import { type Finding, withRemedy } from "./finding.ts"
import { examineGpus } from "./gpus.ts"

function examineProvider(provider: Provider, supported: readonly string[]): Finding {
  const problem = providerProblem(provider, supported)
  const finding = { section: "ONNX Runtime", name: provider.device } as const
  if (problem !== undefined) return { ...finding, status: "absent", ...withRemedy(problem) }
  const needs = [...provider.files, ...provider.libraries]
  return { ...finding, status: "ok", found: needs.length === 0 ? "is built in" : `loads, as does ${needs.join(", ")}` }
}

/** Libraries of CUDA, cuDNN and TensorRT; none where their providers cannot be. */
function examineLibraries(): Finding[] {
  const here = `${process.platform}/${process.arch}`
  const nvidia = providers.filter(
    ({ device, platforms }) => /^(cuda|tensorrt)$/.test(device) && platforms?.includes(here),
  )
  return [...new Set(nvidia.flatMap(({ libraries }) => libraries))].map(library => {
    const problem = loadProblem(library)
    const status = problem === undefined ? "ok" : "absent"
    return { section: "GPU", name: library, status, found: problem ?? "loads" }
  })
}

/** ONNX Runtime with its providers, and what they need: libraries, drivers and GPUs. */
export async function examineRuntime(): Promise<Finding[]> {
  const supported = listSupportedBackends().map(({ name }) => name)
  const { version } = onnxRuntimeFiles()
  const found = `${version} on ${process.platform}/${process.arch}`
  return [
    { section: "ONNX Runtime", name: "onnxruntime-node", status: "ok", found },
    ...providers.map(provider => examineProvider(provider, supported)),
    ...(await examineGpus()),
    ...examineLibraries(),
  ]
}
