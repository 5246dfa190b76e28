import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { cliFile } from "../built.ts"

/** `valence work` as a process of its own, which takes jobs when this returns; it ends when it is disposed. */
export class BenchWorker implements AsyncDisposable {
  readonly child: ChildProcess

  private constructor(child: ChildProcess) {
    this.child = child
  }

  static async start(redis: string, ...flags: readonly string[]): Promise<BenchWorker> {
    const words = [cliFile, "work", "--redis", redis, "--port", "0", ...flags]
    const child = spawn(process.execPath, words, { stdio: ["ignore", "ignore", "pipe"] })
    const said: string[] = []
    for await (const line of createInterface({ input: child.stderr as NonNullable<typeof child.stderr> })) {
      said.push(line)
      if (line.includes(" ready: ")) return new BenchWorker(child)
    }
    throw new Error(`valence work must become ready; it said ${said.join("\n")}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null) return
    const ended = once(this.child, "exit")
    this.child.kill("SIGTERM")
    await ended
  }
}
