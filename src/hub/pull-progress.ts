import type { GraphDtype } from "../model/dtype.ts"
import type { DownloadProgress } from "./pull-checkpoint.ts"

/** What happens while a model is pulled and built. */
export type PullProgress =
  /** Another process is at the same model. */
  | { readonly step: "waiting"; readonly holder: string }
  | ({ readonly step: "downloading" } & DownloadProgress)
  /** The hub failed, and is asked again. */
  | { readonly step: "retrying"; readonly problem: string; readonly waitMs: number }
  /** The graph is built. */
  | { readonly step: "building"; readonly dtype: GraphDtype }

/** Called with what happens while a model is pulled and built. */
export type OnPull = (progress: PullProgress) => void

/** What is brought into the cache: a checkpoint, and if a dtype is given its graph. */
export interface Wanted {
  readonly dtype: GraphDtype | undefined
  /** The precision that its ONNX graph must have if it has no weights to build from; `auto` if any will do. */
  readonly onnx: GraphDtype | "auto"
  readonly offline: boolean
  /** Whether the hub is asked for the commit even if the cache knows one. */
  readonly asksHub: boolean
}
