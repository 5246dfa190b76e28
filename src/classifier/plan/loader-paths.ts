import { readFileSync } from "node:fs"

/** Where the loader of shared libraries looks, besides what a library says itself. */
export interface LoaderPaths {
  /** LD_LIBRARY_PATH's. */
  readonly first: readonly string[]
  /** Paths by name, as `ldconfig` has found them. */
  readonly cache: ReadonlyMap<string, readonly string[]>
  readonly last: readonly string[]
}

const magic = "glibc-ld.so.cache1.1"
const headerBytes = 48
const entryBytes = 24
const triplets: Readonly<Record<string, string>> = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" }

/** The libraries that `ldconfig` has found; none if there is no such file, as with musl. */
export function readLoaderCache(path = "/etc/ld.so.cache"): Map<string, string[]> {
  const found = new Map<string, string[]>()
  try {
    const file = readFileSync(path)
    // An older table may be before it; offsets of texts are counted from this one.
    const start = file.indexOf(magic, 0, "latin1")
    if (start === -1) return found
    const textAt = (offset: number) => file.toString("utf8", start + offset, file.indexOf(0, start + offset))
    for (let left = file.readUInt32LE(start + magic.length), at = start + headerBytes; left > 0; left -= 1) {
      const name = textAt(file.readUInt32LE(at + 4))
      found.set(name, [...(found.get(name) ?? []), textAt(file.readUInt32LE(at + 8))])
      at += entryBytes
    }
  } catch {
    // A cache that cannot be read is passed over by the loader too.
  }
  return found
}

/** Where this process's loader looks. */
export function systemLoaderPaths({ LD_LIBRARY_PATH: list = "" }: NodeJS.ProcessEnv = process.env): LoaderPaths {
  const own = triplets[process.arch]
  const folders = [...(own === undefined ? [] : [own]), "../lib64", ""]
  return {
    first: list === "" ? [] : list.split(/[:;]/).map(folder => folder || "."),
    cache: readLoaderCache(),
    last: folders.flatMap(folder => [`/lib/${folder}`, `/usr/lib/${folder}`]),
  }
}
