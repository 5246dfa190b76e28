import { stderr, stdin } from "node:process"
import { ValenceError } from "../../errors.ts"
import { findRemovable, removeModel } from "../../hub/remove-model.ts"
import { confirm } from "../show/confirm.ts"

/** Removes what was pulled of a model, after it has asked. */
export async function remove(model: string, isSure: boolean): Promise<void> {
  const commits = await findRemovable(model)
  const what = commits.map(({ id, commit, revisions }) => `${id}@${revisions[0] ?? commit}`).join(", ")
  if (!isSure && !stdin.isTTY)
    throw new ValenceError("option_invalid", "models rm needs --yes if there is no terminal to ask on")
  if (!isSure && !(await confirm(`remove ${what} from the cache?`, stdin, stderr))) return console.log("removed none")
  await removeModel(commits)
  console.log(`removed ${what}`)
}
