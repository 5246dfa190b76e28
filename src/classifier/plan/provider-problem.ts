import { existsSync } from "node:fs"
import { join } from "node:path"
import { asError } from "../../errors.ts"
import { onnxRuntimeFiles } from "../../model/runtime/onnx-runtime-files.ts"
import { readElfDynamic } from "./elf-dynamic.ts"
import { missingLibraries } from "./missing-libraries.ts"
import type { Provider } from "./providers.ts"

const here = `${process.platform}/${process.arch}`

/** Which file a provider lacks next to onnxruntime-node's binding, and the command that fixes it. */
function missingFile({ files, install }: Provider, folder: string): string | undefined {
  const missing = files.find(file => !existsSync(join(folder, file)))
  if (missing === undefined) return undefined
  const why = `${missing} is not installed with onnxruntime-node`
  return install === undefined ? why : `${why}, whose install script was skipped; install it with: ${install}`
}

/**
 * Why a provider cannot be here, as the end of a sentence, as far as that shows without loading ONNX Runtime.
 *
 * @param folder - where the binding is
 */
export function unavailableReason(provider: Provider, folder = onnxRuntimeFiles().folder): string | undefined {
  const { name, platforms } = provider
  if (platforms !== undefined && !platforms.includes(here)) return `onnxruntime-node has no provider ${name} on ${here}`
  return missingFile(provider, folder)
}

/** What usually makes a library appear. */
const hints: Readonly<Record<string, string>> = {
  "libcuda.so.1": "comes with NVIDIA's driver; a container gets it with `--gpus all`",
}

/** Libraries that are missing, as the end of a sentence. */
function describeMissing(libraries: readonly string[]): string {
  const [last, ...others] = [...libraries].reverse()
  const isAlone = others.length === 0
  const names = isAlone ? last : `${others.reverse().join(", ")} and ${last}`
  const hinted = libraries.filter(library => hints[library] !== undefined)
  const hint = hinted.map(library => `: ${isAlone ? "it" : library} ${hints[library]}`).join("")
  return `${names} ${isAlone ? "is" : "are"} not found by the loader of shared libraries${hint}`
}

/** The first library that the system's loader misses when it is to load one: that one, or one that it needs. */
function missingToLoader(library: string): string | undefined {
  if (process.platform !== "linux") return undefined
  try {
    process.dlopen({ exports: {} }, library)
  } catch (error) {
    // What is no module of Node is loaded, and then refused by Node; symbols come from libraries that ONNX Runtime loads.
    return /^(\S+): cannot open shared object file/.exec(asError(error).message)?.[1]
  }
  return undefined
}

/**
 * Why a shared library of the system cannot be loaded: its loader names the first that is missing.
 *
 * @returns `undefined` if it can, and if the loader is not Linux's
 */
export function loadProblem(library: string): string | undefined {
  const missing = missingToLoader(library)
  return missing === undefined ? undefined : describeMissing([missing])
}

/** All libraries that files need and the loader misses: read from the files, then asked of the loader, which has the last word. */
function missingFor(files: readonly string[]): readonly string[] {
  if (process.platform !== "linux") return []
  const unfound = [...new Set(files.flatMap(file => missingLibraries(file)))]
  const missing = unfound.filter(name => missingToLoader(name) === name)
  if (missing.length > 0) return missing
  return files.flatMap(file => missingToLoader(file) ?? []).slice(0, 1)
}

/**
 * Why a provider cannot be used, as the end of a sentence, as far as that shows without a session.
 *
 * @param supported - the providers that onnxruntime-node was built with
 * @param folder - of its binding
 */
export function providerProblem(
  provider: Provider,
  supported: readonly string[],
  folder = onnxRuntimeFiles().folder,
): string | undefined {
  if (!supported.includes(provider.name)) {
    const there = supported.join(", ")
    return `onnxruntime-node ${onnxRuntimeFiles().version} has no provider ${provider.name} on ${here}; it has ${there}`
  }
  const problem = missingFile(provider, folder)
  if (problem !== undefined) return problem
  const missing = missingFor(provider.files.map(file => join(folder, file)))
  if (missing.length > 0) return describeMissing(missing)
  return provider.libraries.map(loadProblem).find(unloaded => unloaded !== undefined)
}

/** The libraries that a provider's files need besides each other and those of ONNX Runtime itself. */
export function neededLibraries({ files, libraries }: Provider, folder = onnxRuntimeFiles().folder): string[] {
  const neededBy = (names: readonly string[]) => names.flatMap(name => readElfDynamic(join(folder, name))?.needed ?? [])
  const common = new Set([...files, ...neededBy(["libonnxruntime.so.1"])])
  return [...new Set([...neededBy(files), ...libraries])].filter(name => !common.has(name))
}

/**
 * A provider's error from where it says what failed; before it are a place in the source and signatures of C++ functions.
 *
 * @example
 * withoutSignatures("/src/cuda_call.cc:154 bool CudaCall(int) [with ERRTYPE = int] CUDA failure 35: too old") // → "CUDA failure 35: too old"
 */
export function withoutSignatures(message: string): string {
  return message.replace(/^.*\] (?=\w+ failure \d+: )/s, "").replace(/^\S+\.cc:\d+ .* was false\. /s, "")
}
