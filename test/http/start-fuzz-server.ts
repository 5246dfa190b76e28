import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { tmpdir } from "node:os"
import { StartedProcess } from "../chaos/started-process.ts"
import { toBeTrue } from "../cli/run-valence.ts"

const main = new URL("../../dist/cli/main.js", import.meta.url).pathname
const look = new URL("fuzz-look.mjs", import.meta.url).href
const serve = [
  ...["--port", "0", "--body-timeout-ms", "300", "--max-body-bytes", "100000"],
  ...["--webhook-secret", "a secret of the fuzz"],
]

/** What a server holds. */
export interface FuzzLook {
  readonly heapMb: number
  readonly sockets: number
  /** CPU time of the longest turn of its event loop since the last look. */
  readonly longestTurnMs: number
  /** Where listeners have thrown, if it was started with `throwing-listeners.mjs`. */
  readonly thrownIn: readonly string[]
}

/** `valence serve` in front of `valence work`, as they were built: processes that a fuzz may end. */
export class FuzzServer implements AsyncDisposable {
  readonly url: string
  readonly #server: ChildProcess
  readonly #worker: StartedProcess
  readonly #said: () => string

  private constructor(server: ChildProcess, worker: StartedProcess, url: string, said: () => string) {
    this.#server = server
    this.#worker = worker
    this.url = url
    this.#said = said
  }

  /** @param preload - a module that is loaded into the server before its program */
  static async start(redis: string, keyPrefix: string, preload?: string): Promise<FuzzServer> {
    const fleet = ["--redis", redis, "--key-prefix", keyPrefix]
    const worker = new StartedProcess({ folder: tmpdir() }, "work", ...fleet, "--model", "afinn-111", "--port", "0")
    await worker.toSay("ready")
    const server = fork(main, ["serve", ...fleet, ...serve], {
      execArgv: [
        "--expose-gc",
        ...[look, ...(preload === undefined ? [] : [preload])].flatMap(file => ["--import", file]),
      ],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    })
    let stderr = ""
    server.stderr?.on("data", data => {
      stderr = (stderr + String(data)).slice(-5000)
    })
    const url = () => /^ready: (http:\S+)/m.exec(stderr)?.[1]
    await toBeTrue(() => url() !== undefined || server.exitCode !== null)
    const found = url()
    if (found === undefined) throw new Error(`the server must start; it said ${stderr}`)
    return new FuzzServer(server, worker, found, () => stderr)
  }

  /** Why it is no longer the process that was started; `undefined` if it is. */
  get ended(): string | undefined {
    const { exitCode, signalCode } = this.#server
    if (exitCode === null && signalCode === null) return undefined
    return `the server must live; it ended with ${signalCode ?? exitCode}: ${this.#said()}`
  }

  /** What it holds, once its garbage is collected. */
  async look(): Promise<FuzzLook> {
    const ended = once(this.#server, "exit").then(() => {
      throw new Error(this.ended)
    })
    ended.catch(() => {})
    this.#server.send("look")
    const [held] = (await Promise.race([once(this.#server, "message"), ended])) as [FuzzLook]
    return held
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using _ = this.#worker
    if (this.ended !== undefined) return
    const exit = once(this.#server, "exit")
    this.#server.disconnect()
    await exit
  }
}
