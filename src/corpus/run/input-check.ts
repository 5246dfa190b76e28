import { stat } from "node:fs/promises"
import { asError, ValenceError } from "../../errors.ts"
import { fileState } from "../bytes/file-state.ts"
import { fingerprint, type OpenedFingerprint } from "../bytes/read-blocks.ts"

/**
 * Makes the check that an input file is still what it was when it was opened; it throws ValenceError `run_changed` if not. A file that
 * only looks different, because it was touched or replaced by a copy, is read again to compare it.
 */
export function inputCheck(path: string, opened: OpenedFingerprint): () => Promise<void> {
  let known = opened.state
  return async () => {
    const now = await stat(path, { bigint: true }).catch((error: unknown) => {
      const { code, message } = asError(error) as NodeJS.ErrnoException
      const isGone = code === "ENOENT" || code === "ENOTDIR"
      throw changed(
        `${path} ${isGone ? "was removed or moved away" : `cannot be read any more (${message})`}`,
        "it is put back",
      )
    })
    const state = fileState(now)
    if (state === known) return
    const bytes = Number(now.size)
    if (bytes !== opened.bytes && !isSameFile(state, known))
      throw changed(`${path} was replaced by another file`, "it is put back")
    if (bytes > opened.bytes)
      throw changed(`${path} grew from ${opened.bytes} to ${bytes} bytes`, `it is cut back to ${opened.bytes} bytes`)
    if (bytes < opened.bytes) throw changed(`${path} was cut from ${opened.bytes} to ${bytes} bytes`, "it is put back")
    if ((await fingerprint(path)).sha256 !== opened.sha256) throw changed(`${path} was changed`, "it is put back")
    known = state
  }
}

function changed(what: string, condition: string): ValenceError {
  return new ValenceError(
    "run_changed",
    `input ${what} during the run; the same command continues if ${condition}, and --force starts over with what is there now`,
  )
}

/** Whether two states are those of one file, which may have changed in between. */
function isSameFile(one: string, other: string): boolean {
  const fileOf = (state: string) => state.split(" ", 2).join(" ")
  return fileOf(one) === fileOf(other)
}
