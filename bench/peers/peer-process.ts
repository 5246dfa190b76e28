import { type ChildProcessByStdio, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { availableParallelism } from "node:os"
import { createInterface } from "node:readline"
import type { Readable, Writable } from "node:stream"
import type { EngineDtype } from "./check-golden.ts"
import type { Batching, PeerLabel } from "./open-pipeline.ts"

const FOLDER = new URL(".", import.meta.url).pathname
const PYTHON = `${FOLDER}.venv/bin/python`

/** Which Python peer, over which files. */
export interface PeerOptions {
  /** In the folder python, next to this file. */
  readonly script: string
  readonly dtype: EngineDtype
  /** As PyTorch names it, for a peer that has a choice. */
  readonly device?: string
  /** The Python that runs it; default: the one that `npm run bench:peers` sets up. */
  readonly python?: string
  /** Which of the ways to use it, if it has several: its script lists them. */
  readonly variant?: string
  readonly checkpoint: string
  /** As `make_export.py` writes it. */
  readonly export: string
}

/** What a peer says of itself when it is open. */
export interface Loaded {
  readonly versions: Readonly<Record<string, string>>
  /** How it compared with the golden file; not there where the checkpoint has none. */
  readonly golden?: { readonly rows: number; readonly sameLabel: number; readonly maxDifference: number }
}

/**
 * A Python peer in a process of its own, which is stopped (SIGSTOP) whenever it is not asked something: threads that
 * wait busily would take the cores from the others.
 */
export class PeerProcess {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly #answers: AsyncIterator<string>
  /** The end of its standard error, to tell why it died. */
  #said = ""

  private constructor(python: string, script: string) {
    this.#child = spawn(python, [`${FOLDER}python/${script}`], {
      stdio: ["pipe", "pipe", "pipe"],
      env: { ...process.env, HF_HUB_OFFLINE: "1", TOKENIZERS_PARALLELISM: "true", PYTHONWARNINGS: "ignore" },
    })
    this.#child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      this.#said = (this.#said + chunk).slice(-2000)
    })
    // Where it died, its standard output ends too, and says so better.
    this.#child.stdin.on("error", () => {})
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  /**
   * Starts a peer and has it check itself against the checkpoint's golden logits.
   *
   * @throws where it is not installed, cannot load, or computes something else than the checkpoint says
   */
  static async start({
    script,
    python = PYTHON,
    ...options
  }: PeerOptions): Promise<{ peer: PeerProcess; loaded: Loaded }> {
    if (python === PYTHON && !existsSync(PYTHON)) throw new Error("Python peers must be set up: npm run bench:peers")
    const peer = new PeerProcess(python, script)
    try {
      const golden = `${options.checkpoint}/golden.json`
      const files = { golden: existsSync(golden) ? golden : null, threads: availableParallelism() }
      const loaded = await peer.#ask<Loaded>({ do: "load", variant: "", ...options, ...files })
      return { peer, loaded }
    } catch (error) {
      await peer.close()
      throw error
    }
  }

  get pid(): number {
    return this.#child.pid as number
  }

  /** Labels texts; seconds are those that the peer took, without what lies between the processes. */
  async label(texts: readonly string[], { batchSize, sorted }: Batching) {
    const request = { do: "label", texts, batch: batchSize, sorted }
    const answer = await this.#ask<{ seconds: number; labels: string[]; scores: number[] }>(request)
    const labels = answer.labels.map((label, index): PeerLabel => ({ label, score: answer.scores[index] as number }))
    return { seconds: answer.seconds, labels }
  }

  /** Seconds of each text, labelled one after the other. */
  async each(texts: readonly string[]): Promise<number[]> {
    return (await this.#ask<{ seconds: number[] }>({ do: "each", texts })).seconds
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = new Promise(resolve => this.#child.once("exit", resolve))
    this.#child.kill("SIGKILL")
    await ended
  }

  async #ask<T>(request: object): Promise<T> {
    this.#child.kill("SIGCONT")
    this.#child.stdin.write(`${JSON.stringify(request)}\n`)
    const { value, done } = await this.#answers.next()
    if (done) throw new Error(`the peer ended: ${this.#said.trim().split("\n").at(-1)}`)
    this.#child.kill("SIGSTOP")
    const answer = JSON.parse(value) as T & { error?: string }
    if (answer.error !== undefined) throw new Error(answer.error)
    return answer
  }
}
