import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { findPython } from "../queue/find-python.ts"

/** A Python with the clients that servers of Python and JavaScript are asked by. */
export function findPythonClients(): string | undefined {
  return findPython({
    environment: "valence-python-clients",
    packages: ["huggingface_hub==2.4.0", "openai==3.57.0"],
    modules: ["huggingface_hub", "openai"],
  })
}

/**
 * Runs a script, which finds the words in `sys.argv[1:]`.
 *
 * @returns what it printed, as JSON
 */
export async function runPython(python: string, script: string, ...words: readonly string[]): Promise<unknown> {
  const env = { ...process.env, HF_HUB_DISABLE_TELEMETRY: "1" }
  const { stdout } = await promisify(execFile)(python, ["-c", script, ...words], { env })
  return JSON.parse(stdout)
}
