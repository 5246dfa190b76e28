import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { findRedisBinary } from "./find-redis-binary.ts"
import { freePort } from "./free-port.ts"
import { afterThisProcess } from "./watchdog.ts"

/** A Sentinel that watches one master under the name `main`. */
export interface Sentinel extends AsyncDisposable {
  readonly port: number
  readonly pid: number
}

/** When Sentinels act. */
export interface SentinelTimes {
  readonly quorum: number
  readonly downAfterMs: number
  readonly failoverTimeoutMs: number
}

/** Starts a Sentinel on a free port; it does not outlive this process. */
export async function startSentinel(masterPort: number, times: Partial<SentinelTimes> = {}): Promise<Sentinel> {
  const { quorum = 1, downAfterMs = 500, failoverTimeoutMs = 2000 } = times
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), "valence-sentinel-"))
  const config = join(folder, "sentinel.conf")
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${folder}`,
    `sentinel monitor main 127.0.0.1 ${masterPort} ${quorum}`,
    `sentinel down-after-milliseconds main ${downAfterMs}`,
    `sentinel failover-timeout main ${failoverTimeoutMs}`,
  ]
  writeFileSync(config, lines.join("\n"))
  const child = spawn(findRedisBinary() as string, [config, "--sentinel"], { stdio: "ignore", detached: true })
  const pid = child.pid as number
  const callOff = afterThisProcess('kill -9 "$1"; rm -rf -- "$2"', String(pid), folder)
  return {
    port,
    pid,
    async [Symbol.asyncDispose]() {
      const gone = once(child, "exit")
      if (child.kill("SIGKILL")) await gone
      callOff()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
