import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { withoutSignatures } from "../classifier/plan/provider-problem.ts"
import type { Provider } from "../classifier/plan/providers.ts"
import { fromPackageRoot } from "../files/package-root.ts"

/** CUDA may take seconds to begin, more on a busy machine. */
const timeoutMs = 60_000

/** Features that a driver lacks, as WebGPU's library prints them: `Warning: Vulkan ... required.` */
function lackedFeatures(stderr: string): string[] {
  return [...stderr.matchAll(/^Warning: (.+) required\.?$/gm)].map(([, feature = ""]) => feature)
}

/**
 * Why a provider whose files are all there cannot open a session of a single node, as the end of a sentence: what ONNX Runtime
 * says, and which features of the GPU's driver it misses, if the provider prints them.
 */
export async function sessionProblem({ device }: Pick<Provider, "device">): Promise<string | undefined> {
  const script = fromPackageRoot("dist/doctor/probe-provider.js")
  try {
    await promisify(execFile)(process.execPath, [script, device], { timeout: timeoutMs })
    return undefined
  } catch (error) {
    const { stdout = "", stderr = "", signal } = error as { stdout?: string; stderr?: string; signal?: string | null }
    const said = withoutSignatures(stdout.trim())
    const why = said === "" ? `a process that opens a session ends with ${signal ?? "an error"}` : said
    const lacked = lackedFeatures(stderr)
    return lacked.length === 0 ? why : `${why}; the driver lacks: ${lacked.join(", ")}`
  }
}
