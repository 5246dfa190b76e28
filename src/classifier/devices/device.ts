import { type ChildProcess, fork } from "node:child_process"
import { ValenceError } from "../../errors.ts"
import { fromPackageRoot } from "../../files/package-root.ts"
import type { MicroBatch } from "../../model/micro-batch.ts"
import { childEnvironment } from "./child-environment.ts"
import type { DeviceMessage, RunRequest, SessionSettings } from "./device-protocol.ts"

/** A micro-batch that was run. */
export interface RunResult {
  /** float32, shape [rows, labels]. */
  readonly logits: Float32Array
  /** Time inside the session. */
  readonly runMs: number
  readonly error?: never
}

/** A micro-batch that has no logits. */
export interface RunFailed {
  /** `text_failed` if the session refused it; `device_failed` or `run_timeout` if the device died. */
  readonly error: ValenceError
  /** Whether the device may have died of it: not so if it only stood after the one that was running. */
  readonly begun: boolean
  /** Whether it had no memory left for the micro-batch, and lives. */
  readonly outOfMemory?: boolean
}

/** Runs micro-batches, one after the other, urgent ones first. */
export interface Device {
  readonly pid: number | undefined
  /** Resolves when it has died for any reason. */
  readonly died: Promise<void>
  run(batch: MicroBatch, urgent: boolean): Promise<RunResult | RunFailed>
  /** Kills it now; runs that have not ended fail. */
  destroy(): void
}

/** Starts a device; kills it if the signal aborts before it is ready. */
export type StartDevice = (signal: AbortSignal) => Promise<Device>

/** What guards a device, in ms. */
export interface DeviceTimeouts {
  readonly startTimeoutMs: number
  readonly runTimeoutMs: number
}

type Settle = (outcome: RunResult | RunFailed) => void

/** A device that lives in a forked process. */
class ChildDevice implements Device {
  readonly died: Promise<void>
  readonly #child: ChildProcess
  readonly #runTimeoutMs: number
  /** By id, in the order in which they were sent. */
  readonly #runs = new Map<number, Settle>()
  /** The run that the child is at. */
  #begun: number | undefined
  #timer: NodeJS.Timeout | undefined
  #nextId = 0
  #dead: ValenceError | undefined
  #onDeath = () => {}

  constructor(child: ChildProcess, runTimeoutMs: number) {
    this.#child = child
    this.#runTimeoutMs = runTimeoutMs
    this.died = new Promise(resolve => {
      this.#onDeath = resolve
    })
    child.on("message", (message: DeviceMessage) => this.#receive(message))
    child.on("error", cause => this.#die("device_failed", `device child failed: ${cause.message}`))
    child.on("exit", (code, signal) =>
      this.#die("device_failed", `device child ${child.pid} ended with ${signal ?? `exit code ${code}`}`),
    )
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  run(batch: MicroBatch, urgent: boolean): Promise<RunResult | RunFailed> {
    return new Promise(resolve => {
      if (this.#dead) return resolve({ error: this.#dead, begun: false })
      const request: RunRequest = { id: this.#nextId++, batch, urgent }
      this.#runs.set(request.id, resolve)
      if (this.#runs.size === 1) this.#begin(request.id)
      this.#child.send(request, error => {
        if (error) this.#die("device_failed", `device child ${this.pid} takes no batch: ${error.message}`)
      })
    })
  }

  destroy(): void {
    this.#die("device_failed", `device child ${this.pid} was stopped`)
  }

  #receive(message: DeviceMessage): void {
    // What was on its way when it died: a timer now would keep this process alive.
    if (this.#dead) return
    if (message.type !== "ran" && message.type !== "run-failed") return
    const settle = this.#runs.get(message.id)
    this.#runs.delete(message.id)
    // A child that knew of no other begins what is on its way to it.
    this.#begin(message.next ?? this.#runs.keys().next().value)
    if (message.type === "ran") settle?.(message)
    else {
      const why = `the session refused the micro-batch: ${message.message}`
      settle?.({ error: new ValenceError("text_failed", why), begun: true, outOfMemory: message.outOfMemory })
    }
  }

  #begin(run: number | undefined): void {
    this.#begun = run
    clearTimeout(this.#timer)
    if (run === undefined) return
    this.#timer = setTimeout(() => {
      this.#die("run_timeout", `a micro-batch took longer than runTimeoutMs, ${this.#runTimeoutMs} ms`)
    }, this.#runTimeoutMs)
  }

  #die(code: "device_failed" | "run_timeout", message: string): void {
    if (this.#dead) return
    this.#dead = new ValenceError(code, message)
    clearTimeout(this.#timer)
    this.#child.kill("SIGKILL")
    for (const [id, settle] of this.#runs) settle({ error: this.#dead, begun: id === this.#begun })
    this.#runs.clear()
    this.#onDeath()
  }
}

/**
 * Forks a device child and waits until its session is loaded and warm.
 *
 * @param signal - if it aborts before the child is ready, the child is killed
 * @throws ValenceError `model_invalid` if the graph cannot be used; `device_missing`, `device_failed`
 */
export function startChildDevice(
  settings: SessionSettings,
  { startTimeoutMs, runTimeoutMs }: DeviceTimeouts,
  signal: AbortSignal,
): Promise<Device> {
  const child = fork(fromPackageRoot("dist/classifier/devices/device-child.js"), [JSON.stringify(settings)], {
    serialization: "advanced",
    execArgv: [],
    env: childEnvironment(settings.device),
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  })
  return new Promise((resolve, reject) => {
    const settle = () => {
      clearTimeout(timer)
      signal.removeEventListener("abort", onAbort)
      child.off("exit", onExit).off("error", onError).off("message", onMessage)
    }
    const fail = (error: ValenceError) => {
      settle()
      child.on("error", () => {})
      child.kill("SIGKILL")
      reject(error)
    }
    const failBecause = (why: string) =>
      fail(new ValenceError("device_failed", `device child did not start with ${settings.graph}: ${why}`))
    const onAbort = () => failBecause("it was stopped")
    const onTimeout = () => failBecause(`it must be ready within startTimeoutMs, ${startTimeoutMs} ms; it was not`)
    const onExit = (code: number | null, died: string | null) =>
      failBecause(`it ended with ${died ?? `exit code ${code}`}`)
    const onError = (error: Error) => failBecause(error.message)
    const onMessage = (message: DeviceMessage) => {
      if (message.type === "start-failed") return fail(new ValenceError(message.code, message.message))
      settle()
      resolve(new ChildDevice(child, runTimeoutMs))
    }
    const timer = setTimeout(onTimeout, startTimeoutMs)
    child.on("exit", onExit).on("error", onError).on("message", onMessage)
    signal.addEventListener("abort", onAbort)
    if (signal.aborted) onAbort()
  })
}
