import { type Batch, type BatchStatus, batchHasEnded } from "./batch-store.ts"
import type { StoredFile } from "./files.ts"
import { batchEndpoint } from "./read-request.ts"

/** A file, as OpenAI shows one. */
export function fileResource({ id, bytes, createdMs, expiresMs, filename, purpose }: StoredFile) {
  const [created_at, expires_at] = [createdMs, expiresMs].map(toSeconds) as [number, number]
  return { id, object: "file" as const, bytes, created_at, expires_at, filename, purpose, status: "processed" as const }
}

/** A batch, as OpenAI shows one. */
export function batchResource(batch: Batch) {
  const { id, status, total, completed, failed, problem, metadata } = batch
  const at = (status: BatchStatus) => batch.at[status] ?? null
  const ended = batchHasEnded(status)
  const fileOf = (name: "output" | "error") => (ended && batch[name].parts > 0 ? batch[name].id : null)
  return {
    id,
    object: "batch" as const,
    endpoint: batchEndpoint,
    errors: problem ? { object: "list" as const, data: [{ ...problem, param: null, line: null }] } : null,
    input_file_id: batch.inputFile,
    completion_window: "24h" as const,
    status,
    output_file_id: fileOf("output"),
    error_file_id: fileOf("error"),
    created_at: toSeconds(batch.createdMs),
    in_progress_at: at("in_progress"),
    expires_at: toSeconds(batch.expiresMs),
    finalizing_at: at("finalizing"),
    completed_at: at("completed"),
    failed_at: at("failed"),
    expired_at: at("expired"),
    cancelling_at: at("cancelling"),
    cancelled_at: at("cancelled"),
    request_counts: { total, completed, failed },
    metadata: metadata === null ? null : { ...metadata },
  }
}

/** Some of a list, as OpenAI shows it. */
export function pageResource<T extends { readonly id: string }>(data: T[], hasMore: boolean) {
  return {
    object: "list" as const,
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: hasMore,
  }
}

const toSeconds = (ms: number) => Math.floor(ms / 1000)
