import { spawn } from "node:child_process"

/**
 * Runs a shell script when this process is gone, also after SIGKILL, where no handler of it would run.
 *
 * @param args - `$1`, `$2`... of the script
 * @returns what calls it off
 */
export function afterThisProcess(script: string, ...args: readonly string[]): () => void {
  // Its standard input ends with this process. Of its own process group: Ctrl-C would end it too.
  const watchdog = spawn("sh", ["-c", `read -r _; ${script}`, "sh", ...args], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  })
  watchdog.on("error", () => {})
  watchdog.stdin.on("error", () => {})
  watchdog.unref()
  return () => watchdog.kill("SIGKILL")
}
