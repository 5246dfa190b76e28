import { accessSync, constants } from "node:fs"
import { delimiter, join } from "node:path"

/**
 * Where a Redis server lies: the first `redis-server` of the search path, else the first `valkey-server`.
 *
 * @param searchPath - folders, as in PATH
 */
export function findRedisBinary(searchPath = process.env["PATH"] ?? ""): string | undefined {
  return findProgram("redis-server", searchPath) ?? findProgram("valkey-server", searchPath)
}

/** Where a program lies that may be run, by the folders of a search path. */
export function findProgram(name: string, searchPath = process.env["PATH"] ?? ""): string | undefined {
  return searchPath
    .split(delimiter)
    .filter(folder => folder !== "")
    .map(folder => join(folder, name))
    .find(mayRun)
}

function mayRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
