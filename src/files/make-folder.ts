import { mkdir, stat } from "node:fs/promises"
import { dirname } from "node:path"

/**
 * Makes a folder, and those that it is in. By hand: if a folder that is there can hold no other, such as /proc,
 * Node's `recursive` tries for ever.
 *
 * @throws what the system throws
 */
export async function makeFolder(folder: string): Promise<void> {
  const parent = dirname(folder)
  await makeOne(folder).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" || parent === folder) throw error
    await makeFolder(parent)
    await makeOne(folder)
  })
}

async function makeOne(folder: string): Promise<void> {
  await mkdir(folder).catch(async (error: unknown) => {
    const isThere = (await stat(folder).catch(() => undefined))?.isDirectory()
    if (!isThere) throw error
  })
}
