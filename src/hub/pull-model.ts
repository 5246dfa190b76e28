import { requireObject } from "../check-request.ts"
import { completeOptions } from "../declaration.ts"
import { type ErrorCode, ValenceError } from "../errors.ts"
import { type GraphDtype, suitableDtypes } from "../model/dtype.ts"
import { type PullOptions, pullOptions } from "../options.ts"
import { findCached } from "../store/cache.ts"
import { type HubName, requireHubName } from "../store/hub-name.ts"
import { suggestPath } from "../store/not-found-message.ts"
import { hasGraph, hubNameOf, nearestModel } from "../store/store.ts"
import type { OnPull, Wanted } from "./pull-progress.ts"

/** Loaded when it is needed: labelling has no use for the hub's client, nor for the builder. */
async function bring(name: HubName, wanted: Wanted, onProgress: OnPull, signal?: AbortSignal): Promise<void> {
  const { bringModel } = await import("./bring-model.ts")
  await bringModel(name, wanted, onProgress, signal)
}

/** Codes of a name that the hub does not know, or of a hub that was not to be asked. */
const unknownCodes: ReadonlySet<ErrorCode> = new Set(["model_not_found", "hub_denied", "hub_failed"])

/** Pulls what may have been meant as a path. */
async function bringNamed(model: string, ...[name, ...how]: Parameters<typeof bring>): Promise<void> {
  await bring(name, ...how).catch(async (error: unknown) => {
    if (!(error instanceof ValenceError && unknownCodes.has(error.code))) throw error
    const meant = error.code === "model_not_found" ? await nearestModel(name.id) : undefined
    throw new ValenceError(error.code, await suggestPath(model, error.message, meant), { cause: error })
  })
}

/** What is pulled, and who is notified of it. */
export interface PullRequest extends PullOptions {
  /** `OWNER/NAME` or `OWNER/NAME@REVISION`. */
  readonly model: string
  /** Called with what happens meanwhile. */
  readonly onPull?: OnPull | undefined
  /** Ends it; what came is kept, and the next pull continues after it. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Pulls a model from the hub into the cache, and builds its graph. A branch or tag is looked up again: if it is another
 * commit than before, that is pulled, and the name means it from now on.
 *
 * @throws ValenceError `option_invalid`, `model_not_found`; `hub_denied` if the hub wants a token, or another one;
 * `hub_failed` if it does not answer as it should, or what came has another checksum; `model_invalid`,
 * `graph_inaccurate`; `output_failed` if the cache cannot be written to; `aborted`
 */
export async function pullModel(request: PullRequest): Promise<void> {
  requireObject(request)
  const { model, onPull = () => {}, signal, ...options } = request
  const name = requireHubName(model)
  const { dtype, offline } = completeOptions(pullOptions, options)
  const wanted = { dtype: dtype === "auto" ? suitableDtypes.cpu[0] : dtype, onnx: dtype, offline, asksHub: true }
  await bring(name, wanted, onPull, signal)
}

/** A model whose graph is wanted. */
export interface GraphRequest {
  readonly model: string
  readonly dtype: GraphDtype
  /** The precision that was asked for, in which an ONNX graph must be; `auto` if the caller did not ask for any. */
  readonly asked?: GraphDtype | "auto"
  readonly offline: boolean
}

/**
 * As `pullModel`, but for what is there already, and what is in a folder or comes with the package.
 *
 * @throws ValenceError as `pullModel`
 */
export async function pullIfMissing(
  { model, dtype, asked = dtype, offline }: GraphRequest,
  onProgress: OnPull = () => {},
  signal?: AbortSignal,
): Promise<void> {
  const name = await hubNameOf(model)
  const folder = name && (await findCached(name))
  if (name === undefined || (folder !== undefined && (await hasGraph(folder, dtype, asked)))) return
  await bringNamed(model, name, { dtype, onnx: asked, offline, asksHub: false }, onProgress, signal)
}

/**
 * As `pullIfMissing`, without a graph: that is for the caller to build.
 *
 * @throws ValenceError as `pullModel`
 */
export async function pullCheckpointIfMissing(
  model: string,
  offline: boolean,
  onProgress: OnPull,
  signal?: AbortSignal,
): Promise<void> {
  const name = await hubNameOf(model)
  if (name === undefined || (await findCached(name)) !== undefined) return
  await bringNamed(model, name, { dtype: undefined, onnx: "auto", offline, asksHub: false }, onProgress, signal)
}
