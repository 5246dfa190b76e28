import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import type { FuzzLook } from "./fuzz-server.ts"

/** A server to be fuzzed, as a process of its own. */
export class FuzzServer implements AsyncDisposable {
  readonly url: string
  readonly #child: ChildProcess
  readonly #said: () => string

  private constructor(child: ChildProcess, url: string, said: () => string) {
    this.#child = child
    this.url = url
    this.#said = said
  }

  static async start(redis: string, keyPrefix: string): Promise<FuzzServer> {
    const file = new URL("fuzz-server.ts", import.meta.url).pathname
    const child = fork(file, [redis, keyPrefix], {
      execArgv: ["--import", "tsx"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    })
    let stderr = ""
    child.stderr?.on("data", data => {
      stderr = (stderr + String(data)).slice(-5000)
    })
    const ended = once(child, "exit").then(() => {
      throw new Error(`the server must start; it said ${stderr}`)
    })
    const [{ url }] = (await Promise.race([once(child, "message"), ended])) as [{ url: string }]
    ended.catch(() => {})
    return new FuzzServer(child, url, () => stderr)
  }

  /** Why it is no longer the process that was started; `undefined` if it is. */
  get ended(): string | undefined {
    const { exitCode, signalCode } = this.#child
    if (exitCode === null && signalCode === null) return undefined
    return `the server must live; it ended with ${signalCode ?? exitCode}: ${this.#said()}`
  }

  /** What it holds, once its garbage is collected. */
  async look(): Promise<FuzzLook> {
    this.#child.send("look")
    const [look] = (await once(this.#child, "message")) as [FuzzLook]
    return look
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.ended !== undefined) return
    const exit = once(this.#child, "exit")
    this.#child.disconnect()
    await exit
  }
}
