import { type ChildProcess, fork } from "node:child_process"
import { ValenceError } from "../errors.ts"
import type { MicroBatch } from "../model/micro-batch.ts"
import { fromPackageRoot } from "../package-root.ts"
import type { DeviceMessage, RunRequest, SessionSettings } from "./device-protocol.ts"

/** A micro-batch's logits. */
export interface RunResult {
  /** float32, shape [rows, labels]. */
  readonly logits: Float32Array
  /** Time inside the session. */
  readonly runMs: number
}

/** Runs micro-batches, one after the other, in the order they came. */
export interface Device {
  readonly pid: number | undefined
  /**
   * @throws ValenceError `text_failed` when the session refused the batch; `device_failed` or `run_timeout` when the
   * device died: it is of no more use then. A batch behind the one that killed it is rejected with `device_failed` too,
   * and its error has no `cause`.
   */
  run(batch: MicroBatch): Promise<RunResult>
  /** Kills it now; runs that have not ended are rejected. */
  destroy(): void
}

/** Starts a device. */
export type StartDevice = () => Promise<Device>

interface Run {
  readonly id: number
  readonly resolve: (result: RunResult) => void
  readonly reject: (error: ValenceError) => void
}

/** A device that lives in a forked process. */
class ChildDevice implements Device {
  readonly #child: ChildProcess
  readonly #runTimeoutMs: number
  /** In the order in which the child runs them. */
  readonly #runs: Run[] = []
  #timer: NodeJS.Timeout | undefined
  #nextId = 0
  #dead: ValenceError | undefined

  constructor(child: ChildProcess, runTimeoutMs: number) {
    this.#child = child
    this.#runTimeoutMs = runTimeoutMs
    child.on("message", (message: DeviceMessage) => this.#receive(message))
    child.on("error", cause =>
      this.#die(new ValenceError("device_failed", `device child failed: ${cause.message}`, { cause })),
    )
    child.on("exit", (code, signal) =>
      this.#die(
        new ValenceError("device_failed", `device child ${child.pid} ended with ${signal ?? `exit code ${code}`}`),
      ),
    )
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  run(batch: MicroBatch): Promise<RunResult> {
    return new Promise((resolve, reject) => {
      if (this.#dead) return reject(this.#dead)
      const request: RunRequest = { id: this.#nextId++, batch }
      this.#runs.push({ id: request.id, resolve, reject })
      if (this.#runs.length === 1) this.#startTimer()
      this.#child.send(request, error => {
        if (error)
          this.#die(new ValenceError("device_failed", `device child ${this.pid} takes no batch: ${error.message}`))
      })
    })
  }

  destroy(): void {
    this.#die(new ValenceError("device_failed", `device child ${this.pid} was stopped`))
  }

  #receive(message: DeviceMessage): void {
    if (message.type !== "ran" && message.type !== "run-failed") return
    const run = this.#runs.shift()
    this.#startTimer()
    if (message.type === "ran") run?.resolve(message)
    else run?.reject(new ValenceError("text_failed", `the session refused the micro-batch: ${message.message}`))
  }

  #startTimer(): void {
    clearTimeout(this.#timer)
    if (this.#runs.length === 0) return
    this.#timer = setTimeout(() => {
      this.#die(
        new ValenceError("run_timeout", `a run must end within runTimeoutMs, ${this.#runTimeoutMs} ms; it did not`),
      )
    }, this.#runTimeoutMs)
  }

  #die(error: ValenceError): void {
    if (this.#dead) return
    this.#dead = error
    clearTimeout(this.#timer)
    this.#child.kill("SIGKILL")
    const [running, ...behind] = this.#runs.splice(0)
    running?.reject(new ValenceError(error.code, error.message, { cause: error }))
    for (const run of behind) run.reject(error)
  }
}

/**
 * Forks a device child and waits until its session is loaded and warm.
 *
 * @param runTimeoutMs - a run that takes longer kills the child
 * @throws ValenceError `device_failed`
 */
export function startChildDevice(settings: SessionSettings, runTimeoutMs: number): Promise<Device> {
  const child = fork(fromPackageRoot("dist/classifier/device-child.js"), [JSON.stringify(settings)], {
    serialization: "advanced",
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  })
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      child.kill("SIGKILL")
      reject(new ValenceError("device_failed", `device child did not start with ${settings.graph}: ${why}`))
    }
    const onExit = (code: number | null, signal: string | null) =>
      fail(`it ended with ${signal ?? `exit code ${code}`}`)
    const onError = (error: Error) => fail(error.message)
    child.once("exit", onExit).once("error", onError)
    child.once("message", (message: DeviceMessage) => {
      child.off("exit", onExit).off("error", onError)
      if (message.type === "ready") resolve(new ChildDevice(child, runTimeoutMs))
      else fail(message.type === "start-failed" ? message.message : `it said ${message.type} before it was ready`)
    })
  })
}
