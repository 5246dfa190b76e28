import { dirname, join } from "node:path"
import { type ElfDynamic, readElfDynamic } from "./elf-dynamic.ts"
import { type LoaderPaths, systemLoaderPaths } from "./loader-paths.ts"

/** A library with its own path, and what it says to the loader. */
interface Found {
  readonly path: string
  readonly dynamic: ElfDynamic
  /** Folders of its own `rpath` and of those that it is loaded for. */
  readonly rpath: readonly string[]
}

const foldersFrom = (path: string, folders: readonly string[]) =>
  folders.map(folder => folder.replace(/\$(ORIGIN|\{ORIGIN\})/g, dirname(path)))

function open(path: string, rpathOfParents: readonly string[]): Found | undefined {
  const dynamic = readElfDynamic(path)
  return dynamic && { path, dynamic, rpath: [...foldersFrom(path, dynamic.rpath), ...rpathOfParents] }
}

/** The library of a name that the loader takes for another one: the first of the same kind of CPU. */
function find(name: string, { path, dynamic, rpath }: Found, paths: LoaderPaths): Found | undefined {
  const before = dynamic.runpath.length > 0 ? [] : rpath
  const folders = [...before, ...paths.first, ...foldersFrom(path, dynamic.runpath)]
  const candidates = name.includes("/")
    ? [name]
    : [
        ...folders.map(folder => join(folder, name)),
        ...(paths.cache.get(name) ?? []),
        ...paths.last.map(folder => join(folder, name)),
      ]
  for (const candidate of candidates) {
    const found = open(candidate, rpath)
    if (found?.dynamic.machine === dynamic.machine) return found
  }
  return undefined
}

/**
 * The libraries that a library needs, and those that these need, which the loader would not find.
 *
 * @param path - of the library
 * @returns their names, in the order in which they are needed; none if the file is no library
 */
export function missingLibraries(path: string, paths: LoaderPaths = systemLoaderPaths()): string[] {
  const seen = new Set<string>()
  const missing: string[] = []
  const root = open(path, [])
  const toVisit = root ? [root] : []
  for (let next = toVisit.shift(); next; next = toVisit.shift()) {
    for (const name of next.dynamic.needed) {
      if (seen.has(name)) continue
      seen.add(name)
      const found = find(name, next, paths)
      if (found) toVisit.push(found)
      else missing.push(name)
    }
  }
  return missing
}
