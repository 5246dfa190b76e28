import { existsSync } from "node:fs"
import { join } from "node:path"
import { asError } from "../../errors.ts"
import { onnxRuntimeFiles } from "../../model/runtime/onnx-runtime-files.ts"
import type { Provider } from "./providers.ts"

const here = `${process.platform}/${process.arch}`

/** Which file a provider lacks beside onnxruntime-node's binding, and the command that mends it. */
function missingFile({ files, install }: Provider, folder: string): string | undefined {
  const missing = files.find(file => !existsSync(join(folder, file)))
  if (missing === undefined) return undefined
  const why = `${missing} is not installed with onnxruntime-node`
  return install === undefined ? why : `${why}, whose install script was skipped; install it with: ${install}`
}

/**
 * Why a provider cannot be here, as the end of a sentence, as far as that shows without loading ONNX Runtime.
 *
 * @param folder - where the binding lies
 */
export function unavailableReason(provider: Provider, folder = onnxRuntimeFiles().folder): string | undefined {
  const { name, platforms } = provider
  if (platforms !== undefined && !platforms.includes(here)) return `onnxruntime-node has no provider ${name} on ${here}`
  return missingFile(provider, folder)
}

/** What usually makes a library appear. */
const hints: Readonly<Record<string, string>> = {
  "libcuda.so.1": ": it comes with NVIDIA's driver; a container gets it with `--gpus all`",
}

/**
 * Why a shared library cannot be loaded, in the words of the system's loader, which names the first that is missing.
 *
 * @returns `undefined` where it can, and where its loader is not Linux's
 */
export function loadProblem(library: string): string | undefined {
  if (process.platform !== "linux") return undefined
  try {
    process.dlopen({ exports: {} }, library)
  } catch (error) {
    // What is no module of Node is loaded, and then refused by Node; symbols come from libraries that ONNX Runtime loads.
    const [, missing] = /^(\S+): cannot open shared object file/.exec(asError(error).message) ?? []
    if (missing !== undefined) return `${missing} is not found by the loader of shared libraries${hints[missing] ?? ""}`
  }
  return undefined
}

/**
 * Why a provider cannot be used, as the end of a sentence, as far as that shows without a session.
 *
 * @param supported - the providers that onnxruntime-node was built with
 */
export function providerProblem(provider: Provider, supported: readonly string[]): string | undefined {
  const { version, folder } = onnxRuntimeFiles()
  if (!supported.includes(provider.name)) {
    const there = supported.join(", ")
    return `onnxruntime-node ${version} has no provider ${provider.name} on ${here}; it has ${there}`
  }
  const problem = missingFile(provider, folder)
  if (problem !== undefined) return problem
  for (const library of [...provider.files.map(file => join(folder, file)), ...provider.libraries]) {
    const unloaded = loadProblem(library)
    if (unloaded !== undefined) return unloaded
  }
  return undefined
}
