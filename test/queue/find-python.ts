import { execFileSync } from "node:child_process"
import { existsSync, rmSync } from "node:fs"

/** What a Python is to have. */
export interface PythonNeeds {
  /** Where an environment that has it is kept between runs of the tests: a folder of `node_modules/.cache`. */
  readonly environment: string
  /** As pip names them. */
  readonly packages: readonly string[]
  /** As Python imports them. */
  readonly modules: readonly string[]
}

/** BullMQ's port to Python. */
export const bullmqNeeds: PythonNeeds = {
  environment: "valence-python",
  packages: ["bullmq==3.4.4"],
  modules: ["bullmq"],
}

function works(python: string, script: string): boolean {
  try {
    execFileSync(python, ["-c", script], { stdio: "ignore", timeout: 120_000 })
    return true
  } catch {
    return false
  }
}

/**
 * A Python that can import some modules: the one on the PATH, or one of an environment that is made for it.
 *
 * @returns `undefined` where there is no Python, or the packages cannot be had
 */
export function findPython({ environment, packages, modules }: PythonNeeds = bullmqNeeds): string | undefined {
  const imports = `import ${modules.join(", ")}`
  if (works("python3", imports)) return "python3"
  const folder = `node_modules/.cache/${environment}`
  const python = `${folder}/bin/python`
  if (existsSync(python) && works(python, imports)) return python
  if (!works("python3", "import venv, ensurepip")) return undefined
  try {
    rmSync(folder, { recursive: true, force: true })
    execFileSync("python3", ["-m", "venv", folder], { stdio: "ignore", timeout: 240_000 })
    execFileSync(python, ["-m", "pip", "install", "--quiet", ...packages], { stdio: "ignore", timeout: 600_000 })
    return python
  } catch {
    rmSync(folder, { recursive: true, force: true })
    return undefined
  }
}
