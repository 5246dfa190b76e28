import type { ErrorCode } from "../../errors.ts"
import type { MicroBatch, Shape } from "../../model/micro-batch.ts"
import type { ChildGpu } from "../plan/visible-gpus.ts"

/** What a device child is started with, as its one argument in JSON. */
export interface SessionSettings {
  /** Path of the ONNX file; the child reads it itself. */
  readonly graph: string
  /** Logits that the graph must give a text. */
  readonly labels: number
  /** As it was asked for, and as the table of providers names its kind. */
  readonly device: { readonly name: string; readonly provider: string } & ChildGpu
  /** Threads that a run has, its own included. */
  readonly threads: number
  /** Run before it is ready, in this order: the largest first, so that memory is taken once. */
  readonly warmUp: readonly Shape[]
  /** After this time, counted from the start of the child, no shape is begun: a slow device starts without the others. */
  readonly warmUpMs: number
}

/** To the child: run this. */
export interface RunRequest {
  readonly id: number
  readonly batch: MicroBatch
  /** Goes before those that wait and are not urgent. */
  readonly urgent: boolean
}

/** What came of a run. */
export type RunEnded =
  | {
      readonly type: "ran"
      readonly id: number
      /** float32, shape [rows, labels]. */
      readonly logits: Float32Array
      /** Time inside `session.run()`. */
      readonly runMs: number
    }
  | { readonly type: "run-failed"; readonly id: number; readonly message: string; readonly outOfMemory: boolean }

/** From the child: the session is loaded and warm; or what came of a run, and which one it begins now, if it knows one. */
export type DeviceMessage =
  | { readonly type: "ready" }
  | { readonly type: "start-failed"; readonly code: ErrorCode; readonly message: string }
  | (RunEnded & { readonly next: number | undefined })
