import { spawn } from "node:child_process"
import { once } from "node:events"
import type { Readable } from "node:stream"
import { text } from "node:stream/consumers"
import { cliFile } from "./built.ts"

/** What a run of `valence` took, and what it printed. */
export interface CliRun {
  /** From the start of its process to its end. */
  readonly seconds: number
  /** CPU time of the process; its device children are not counted. */
  readonly cpuSeconds: number
  /** Peak resident memory of the same process. */
  readonly peakMiB: number
  readonly stdout: string
}

/**
 * Tells, when the process ends, what it took. Not `maxRSS`: a process that was started by a larger one begins with the
 * peak of that one.
 */
const usageReporter = `
import { readFileSync, writeSync } from "node:fs"
process.on("exit", () => {
  const peakKiB = Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1])
  const { user, system } = process.cpuUsage()
  writeSync(3, JSON.stringify({ peakMiB: peakKiB / 1024, cpuSeconds: (user + system) / 1e6 }))
})`

/**
 * Runs `valence` in a process of its own.
 *
 * @param nodeFlags - such as --cpu-prof
 * @param onStart - called with the id of the process
 */
export async function runCli(
  words: readonly string[],
  nodeFlags: readonly string[] = [],
  onStart: (pid: number) => void = () => {},
): Promise<CliRun> {
  const reporter = `data:text/javascript,${encodeURIComponent(usageReporter)}`
  const start = performance.now()
  const child = spawn(process.execPath, ["--import", reporter, ...nodeFlags, cliFile, ...words], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  })
  onStart(child.pid as number)
  const printed = text(child.stdout as Readable)
  const said = text(child.stderr as Readable)
  const usage = text(child.stdio[3] as Readable)
  const [code] = await once(child, "exit")
  const seconds = (performance.now() - start) / 1000
  if (code !== 0) throw new Error(`valence ${words.join(" ")} ended with exit code ${code}: ${await said}`)
  return { seconds, stdout: await printed, ...(JSON.parse(await usage) as Pick<CliRun, "cpuSeconds" | "peakMiB">) }
}
