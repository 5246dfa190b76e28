import { readlinkSync, realpathSync, type Stats } from "node:fs"
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises"
import { dirname, resolve } from "node:path"
import { asError } from "../errors.ts"
import { outputFailed } from "./output-failed.ts"

/**
 * Writes a file so that after a crash it is the old one or the new one, whole. A symbolic link stays, and the file that it leads to
 * is replaced.
 *
 * @throws ValenceError `output_failed`
 */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  await replaceFileBy(path, async file => {
    await file.writeFile(content)
  })
}

/** How a file is replaced. */
export interface Replacing {
  /** Called when the new file is written, before it gets its name; what it throws leaves the old file as it is. */
  readonly beforeRename?: () => Promise<void>
  /**
   * Whether to write into the old file if no other one can take its place: its folder is read-only, for example, or it is a mount.
   * A crash can then leave half a file.
   */
  readonly inPlace?: boolean
}

/**
 * As `replaceFile`, with content that is written by a function.
 *
 * @param write - writes the content to an empty file; called a second time if only the old file can be written to
 * @returns what `write` returns
 * @throws ValenceError `output_failed`; what `write` throws
 */
export async function replaceFileBy<T>(
  path: string,
  write: (file: FileHandle) => Promise<T>,
  { beforeRename, inPlace = true }: Replacing = {},
): Promise<T> {
  try {
    const target = followLink(path)
    const before = await stat(target).catch(() => undefined)
    const temporary = `${target}.tmp`
    try {
      const written = await writeSynced(await openLike(temporary, before), write)
      await beforeRename?.()
      await rename(temporary, target)
      await syncFolder(dirname(target))
      return written
    } catch (error) {
      if (!inPlace || !before?.isFile() || !isRefusedByFolder(error)) throw error
      await rm(temporary, { force: true }).catch(() => {})
      const file = await open(target, "r+")
      await file.truncate(0)
      return await writeSynced(file, write)
    }
  } catch (error) {
    throw isOfSystem(error) ? outputFailed(path, error) : error
  }
}

/** Where a path leads, through symbolic links, even if nothing is there yet; a path that is no link stays as it is. */
export function followLink(path: string): string {
  let target = path
  try {
    for (let links = 0; links < 40; links++) target = resolve(realpathSync(dirname(target)), readlinkSync(target))
    return target
  } catch {
    return target
  }
}

/** Makes a file that has the mode and, as far as this user may give it away, the owner of another. */
async function openLike(path: string, before: Stats | undefined): Promise<FileHandle> {
  const file = await open(path, "w")
  if (before !== undefined) {
    await file.chown(before.uid, before.gid).catch(() => {})
    await file.chmod(before.mode & 0o7777).catch(() => {})
  }
  return file
}

async function writeSynced<T>(file: FileHandle, write: (file: FileHandle) => Promise<T>): Promise<T> {
  try {
    const written = await write(file)
    await file.sync()
    return written
  } finally {
    await file.close()
  }
}

function isRefusedByFolder(error: unknown): boolean {
  return ["EACCES", "EPERM", "EROFS", "EBUSY", "EXDEV"].includes((asError(error) as NodeJS.ErrnoException).code ?? "")
}

function isOfSystem(error: unknown): boolean {
  return typeof (asError(error) as NodeJS.ErrnoException).syscall === "string"
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
