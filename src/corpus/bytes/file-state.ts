import type { BigIntStats } from "node:fs"

/** What shows a file that was changed, or replaced by another under its name: which file it is, its size, and its last change. */
export function fileState({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs].join(" ")
}
