import { execFileSync } from "node:child_process"
import { existsSync, rmSync } from "node:fs"

/** Where an environment with BullMQ's port to Python is kept between runs of the tests. */
const environment = "node_modules/.cache/valence-python"
const bullmq = "bullmq==3.4.4"

function works(python: string, script: string): boolean {
  try {
    execFileSync(python, ["-c", script], { stdio: "ignore", timeout: 20_000 })
    return true
  } catch {
    return false
  }
}

/**
 * A Python that can import `bullmq`: the one on the PATH, or one of an environment that is made for it.
 *
 * @returns `undefined` where there is no Python, or the package cannot be had
 */
export function findPython(): string | undefined {
  if (works("python3", "import bullmq")) return "python3"
  const python = `${environment}/bin/python`
  if (existsSync(python) && works(python, "import bullmq")) return python
  if (!works("python3", "import venv, ensurepip")) return undefined
  try {
    rmSync(environment, { recursive: true, force: true })
    execFileSync("python3", ["-m", "venv", environment], { stdio: "ignore", timeout: 60_000 })
    execFileSync(python, ["-m", "pip", "install", "--quiet", bullmq], { stdio: "ignore", timeout: 90_000 })
    return python
  } catch {
    rmSync(environment, { recursive: true, force: true })
    return undefined
  }
}
