import { existsSync, readdirSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { shown, ValenceError } from "../../errors.ts"
import { nearest } from "../../nearest.ts"

/** The error of a path that leads nowhere, with what may have been meant. */
export function missingInput(path: string): ValenceError {
  const folder = dirname(path)
  const names = existsSync(folder) ? readdirSync(folder) : []
  const meant = nearest(names, basename(path))
  const instead = meant === undefined ? "" : `; did you mean ${shown(folder === "." ? meant : join(folder, meant))}?`
  const where = existsSync(folder) ? "" : `, nor does its folder ${shown(folder)}`
  return new ValenceError("input_invalid", `input ${shown(path)} does not exist${where}${instead}`)
}
