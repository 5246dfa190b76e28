import { type ChildProcess, spawn } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { toBeTrue } from "../cli/run-valence.ts"
import { afterThisProcess } from "../redis/watchdog.ts"

const main = new URL("../../dist/cli/main.js", import.meta.url).pathname
const shiftedDate = new URL("shifted-date.mjs", import.meta.url).href
const tellHang = new URL("tell-hang.mjs", import.meta.url).href

/** A process that takes longer hangs. */
const hangsMs = 240_000
/** A process that hangs has this long to say what on. */
const lastWordsMs = 5000

/** How a process ended. */
export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** Where a process runs. */
export interface ProcessHome {
  readonly folder: string
  /** Says how many ms its clock is ahead of the machine's, if it has one of its own. */
  readonly shiftFile?: string | undefined
}

/** `valence` as it was built, as a process that signals are sent to; it does not outlive this one. */
export class StartedProcess implements AsyncDisposable {
  readonly pid: number
  /** Its end, and that of the processes that it started. */
  readonly exit: Promise<Exit>
  readonly #child: ChildProcess
  readonly #shiftFile: string | undefined
  #exit: Exit | undefined
  #stderr = ""

  constructor({ folder, shiftFile }: ProcessHome, ...words: readonly string[]) {
    this.#shiftFile = shiftFile
    const before = ["--import", tellHang, ...(shiftFile === undefined ? [] : ["--import", shiftedDate])]
    const child: ChildProcess = spawn(process.execPath, [...before, main, ...words], {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, VALENCE_TUNE: "off", VALENCE_SHIFT_FILE: shiftFile },
      stdio: ["ignore", "ignore", "pipe"],
    })
    if (child.pid === undefined) throw new Error("valence must start; there is no process")
    this.pid = child.pid
    this.#child = child
    const callOff = afterThisProcess('kill -9 "$1"', String(child.pid))
    child.stderr?.on("data", data => {
      this.#stderr += String(data)
    })
    this.exit = new Promise(resolve => {
      child.once("close", (code, signal) => {
        callOff()
        this.#exit = { code, signal }
        resolve(this.#exit)
      })
    })
  }

  /** What it wrote to standard error so far. */
  get stderr(): string {
    return this.#stderr
  }

  get runs(): boolean {
    return this.#exit === undefined
  }

  /** The processes that it started, and that live. */
  get children(): number[] {
    const list = readFileSync(`/proc/${this.pid}/task/${this.pid}/children`, "utf8")
    return list.trim().split(" ").filter(Boolean).map(Number)
  }

  /** Sets its own clock, so many ms ahead of the machine's. */
  setClock(aheadMs: number): void {
    if (this.#shiftFile === undefined) throw new Error("the process must have a clock of its own; it has none")
    writeFileSync(this.#shiftFile, String(aheadMs))
  }

  /** Sends it a signal; nothing where it has ended. */
  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** How often it has written something. */
  timesSaid(what: string): number {
    return this.#stderr.split(what).length - 1
  }

  /**
   * Returns when it has written something so often.
   *
   * @throws Error where it ends before that
   */
  async toSay(what: string, times = 1): Promise<void> {
    await toBeTrue(() => this.timesSaid(what) >= times || !this.runs)
    if (this.timesSaid(what) < times) throw new Error(`valence must say "${what}"; it ended: ${this.#stderr}`)
  }

  /** Its end, for which it was asked, or which it comes to by itself; it is killed where it hangs. */
  async end(): Promise<Exit> {
    const hang = setTimeout(() => this.signal("SIGUSR2"), hangsMs)
    const kill = setTimeout(() => this.signal("SIGKILL"), hangsMs + lastWordsMs)
    const exit = await this.exit
    for (const timer of [hang, kill]) clearTimeout(timer)
    return exit
  }

  /** Kills it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.signal("SIGKILL")
    await this.exit
  }
}
