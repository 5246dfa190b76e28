import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { cliFile } from "../built.ts"

/** An HTTP server as a process of its own, which answers when this returns; it ends when it is disposed. */
export class BenchServer implements AsyncDisposable {
  readonly child: ChildProcess
  readonly url: string

  private constructor(child: ChildProcess, url: string) {
    this.child = child
    this.url = url
  }

  /** `valence serve`. */
  static valence(...flags: readonly string[]): Promise<BenchServer> {
    return BenchServer.#start([cliFile, "serve", "--port", "0", ...flags])
  }

  /** transformers.js behind a plain route of fastify. */
  static peer(folder: string, dtype: string): Promise<BenchServer> {
    return BenchServer.#start([new URL("../peers/serve.mjs", import.meta.url).pathname, folder, dtype])
  }

  static async #start(words: readonly string[]): Promise<BenchServer> {
    const child = spawn(process.execPath, words, { stdio: ["ignore", "ignore", "pipe"] })
    const said: string[] = []
    for await (const line of createInterface({ input: child.stderr as NonNullable<typeof child.stderr> })) {
      said.push(line)
      const url = /^ready: (http:\S+)/.exec(line)?.[1]
      if (url !== undefined) return new BenchServer(child, url)
    }
    throw new Error(`a server must become ready; it said ${said.join("\n")}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode !== null) return
    const ended = once(this.child, "exit")
    this.child.kill("SIGTERM")
    await ended
  }
}
