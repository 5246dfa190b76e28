import { readdir, rm, stat } from "node:fs/promises"
import { join, sep } from "node:path"

/** A file of a dependency that only another platform loads. */
export interface ForeignBinary {
  readonly path: string
  readonly bytes: number
}

/** Where the dependencies keep their binaries: ONNX Runtime's `bin/napi-v6`, and the folder of `tokenizers`. */
export interface BinaryFolders {
  readonly onnxRuntime: string
  readonly tokenizers: string
}

/** A platform as Node names it. */
export interface Platform {
  readonly platform: string
  readonly arch: string
}

/**
 * The binaries that this platform never loads, 350 MB in a fresh installation.
 *
 * ONNX Runtime keeps them in `PLATFORM/ARCH/`, tokenizers in `tokenizers.PLATFORM-ARCH-LIBC.node`. On Linux the binaries
 * for both C libraries stay, because which one is used depends on the image that runs them.
 */
export async function findForeignBinaries(
  { onnxRuntime, tokenizers }: BinaryFolders,
  { platform, arch }: Platform = process,
): Promise<ForeignBinary[]> {
  const own = join(platform, arch) + sep
  const runtime = (await filesIn(onnxRuntime))
    .filter(file => !file.startsWith(own))
    .map(file => join(onnxRuntime, file))
  const isOwn = (file: string) =>
    file.startsWith(`tokenizers.${platform}-${arch}`) || file === `tokenizers.${platform}-universal.node`
  const tokenizer = (await readdir(tokenizers))
    .filter(file => file.endsWith(".node") && !isOwn(file))
    .map(file => join(tokenizers, file))
  return Promise.all([...runtime, ...tokenizer].map(async path => ({ path, bytes: (await stat(path)).size })))
}

/** Removes the files; one that is gone already is no error. */
export async function removeBinaries(binaries: readonly ForeignBinary[]): Promise<void> {
  await Promise.all(binaries.map(({ path }) => rm(path, { force: true })))
}

/** The files below a folder, relative to it. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
}
