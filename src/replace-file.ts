import { open, rename } from "node:fs/promises"
import { dirname } from "node:path"
import { outputFailed } from "./output-failed.ts"

/**
 * Writes a file so that after a crash it is the old one or the new one, whole.
 *
 * @throws ValenceError `output_failed`
 */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`
  try {
    await writeSynced(temporary, content)
    await rename(temporary, path)
  } catch (error) {
    throw outputFailed(path, error)
  }
  await syncFolder(dirname(path))
}

async function writeSynced(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, "w")
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes the names in a folder safe; some systems cannot, and need not. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path).catch(() => undefined)
  try {
    await folder?.sync().catch(() => undefined)
  } finally {
    await folder?.close()
  }
}
