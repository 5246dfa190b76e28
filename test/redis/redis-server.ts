import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { findRedisBinary } from "./find-redis-binary.ts"
import { freePort } from "./free-port.ts"
import { afterThisProcess } from "./watchdog.ts"

const startTimeoutMs = 120_000
const portAttempts = 5

/** How a server is started. */
export interface RedisServerOptions {
  /** Whether each write goes to a file, synced every second; false: what it holds is gone when it stops. */
  readonly appendOnly?: boolean
  /** Where its files lie; without it a temporary folder, which is removed when the server is stopped. */
  readonly folder?: string
  /** The port of 127.0.0.1; without it a free one. */
  readonly port?: number
  /** More of its arguments, which overrule the others: `["--maxmemory", "1mb"]`. */
  readonly args?: readonly string[]
  /** The program; without it the `redis-server` or `valkey-server` on the PATH. */
  readonly binary?: string
}

type FilledIn = Required<RedisServerOptions>

/**
 * Starts a Redis of its own for a test; it answers when this returns.
 *
 * It does not outlive the process that started it, however that ends.
 *
 * @throws Error where there is no program, or it ends or stays silent for 10 s; the message has what the server wrote
 */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const binary = options.binary ?? findRedisBinary()
  if (!binary) throw new Error("startRedisServer needs redis-server or valkey-server on the PATH; found neither")
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort())
    const folder = options.folder ?? mkdtempSync(join(tmpdir(), "valence-redis-"))
    const { appendOnly = false, args = [] } = options
    const server = new RedisServer({ appendOnly, folder, port, args, binary }, options.folder === undefined)
    try {
      await server.restart()
      return server
    } catch (error) {
      await server.stop()
      const isPortTaken = error instanceof Error && error.message.includes("Address already in use")
      if (!isPortTaken || options.port !== undefined || attempt === portAttempts) throw error
    }
  }
}

/** A Redis server that can be killed and started again. */
export class RedisServer implements AsyncDisposable {
  readonly #options: FilledIn
  readonly #ownsFolder: boolean
  #child: ChildProcess | undefined

  constructor(options: FilledIn, ownsFolder: boolean) {
    this.#options = options
    this.#ownsFolder = ownsFolder
  }

  /** `redis://127.0.0.1:port` */
  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  get port(): number {
    return this.#options.port
  }

  get folder(): string {
    return this.#options.folder
  }

  /** The id of its process, to send it signals that do not end it (SIGSTOP); undefined while it does not run. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** What the server wrote since it was last started. */
  get log(): string {
    return readFileSync(this.#logPath, "utf8")
  }

  /** Ends the server, and returns when it is gone; does nothing where it is gone already. */
  async kill(signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): Promise<void> {
    const child = this.#child
    if (!child) return
    const gone = once(child, "exit")
    child.kill(signal)
    await gone
  }

  /** Starts the server with the same folder and port, and returns when it answers; kills it first where it runs. */
  async restart(): Promise<void> {
    await this.kill()
    const child = this.#spawn()
    const deadline = performance.now() + startTimeoutMs
    // Not PING: another server may answer at a port that this one could not get.
    while (!this.log.includes("Ready to accept connections")) {
      if (this.#child !== child) throw new Error(`${this.#options.binary} must start; it ended: ${this.log}`)
      if (performance.now() > deadline) {
        await this.kill()
        throw new Error(`${this.#options.binary} must be ready within ${startTimeoutMs} ms; it wrote: ${this.log}`)
      }
      await new Promise(resolve => setTimeout(resolve, 3))
    }
  }

  /** Kills the server, and removes its folder unless it was given one; may be called twice. */
  async stop(): Promise<void> {
    await this.kill()
    if (this.#ownsFolder) rmSync(this.folder, { recursive: true, force: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  get #logPath(): string {
    return join(this.folder, "redis.log")
  }

  #spawn(): ChildProcess {
    const log = openSync(this.#logPath, "w")
    // Of its own process group: Ctrl-C is for the tests, which still need it while they end.
    const child = spawn(this.#options.binary, serverArguments(this.#options), {
      stdio: ["ignore", log, log],
      detached: true,
    })
    closeSync(log)
    const removed = this.#ownsFolder ? this.folder : ""
    const callOff = afterThisProcess('kill -9 "$1"; [ -z "$2" ] || rm -rf -- "$2"', String(child.pid ?? ""), removed)
    const ended = () => {
      callOff()
      if (this.#child === child) this.#child = undefined
    }
    child.once("exit", ended).once("error", error => {
      writeFileSync(this.#logPath, error.message)
      ended()
    })
    this.#child = child
    return child
  }
}

function serverArguments({ appendOnly, folder, port, args }: FilledIn): string[] {
  return [
    ...["--port", String(port), "--bind", "127.0.0.1", "--dir", folder],
    ...["--save", "", "--appendonly", appendOnly ? "yes" : "no", "--appendfsync", "everysec"],
    ...["--maxmemory-policy", "noeviction", ...args],
  ]
}
