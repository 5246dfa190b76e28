import { rm, rmdir } from "node:fs/promises"
import { dirname } from "node:path"
import { ValenceError } from "../errors.ts"
import { outputFailed } from "../files/output-failed.ts"
import { type CachedModel, listCommits, refFile, repositoryFolder } from "../store/cache.ts"
import { readHubName } from "../store/hub-name.ts"
import { listBundledModels } from "../store/store.ts"
import { withRepositoryLock } from "./lock-repository.ts"

/**
 * What `removeModel` would remove.
 *
 * @param model - `OWNER/NAME` for all that was pulled of it, `OWNER/NAME@REVISION` for one commit
 * @throws ValenceError `option_invalid` if it is bundled, or no name of the hub; `model_not_found` if it was not pulled
 */
export async function findRemovable(model: string): Promise<CachedModel[]> {
  if ((await listBundledModels()).includes(model))
    throw new ValenceError(
      "option_invalid",
      `model must be one that was pulled; ${model} comes with Valence, and stays`,
    )
  const name = readHubName(model)
  const found = name === undefined ? [] : await listCommits(name.id)
  const meant = model.includes("@") ? found.filter(cached => isMeant(cached, name?.revision)) : found
  if (meant.length > 0) return meant
  const there = found.map(({ commit, revisions }) => revisions[0] ?? commit)
  throw new ValenceError(
    "model_not_found",
    `model must be one that was pulled; ${model} was not${there.length > 0 ? `, but these revisions: ${there.join(", ")}` : ""}`,
  )
}

const isMeant = ({ commit, revisions }: CachedModel, revision = "") =>
  commit === revision || revisions.includes(revision)

/**
 * Removes commits of one model from the cache; with the last of them all that is left of the model there, such as an
 * interrupted download.
 *
 * @throws ValenceError `output_failed`
 */
export async function removeModel(commits: readonly CachedModel[]): Promise<void> {
  const id = commits[0]?.id
  if (id === undefined) return
  const remove = async () => {
    for (const { folder, revisions } of commits) {
      // Names go first: no one finds a model that is half gone.
      for (const revision of revisions) await removePath(refFile({ id, revision }))
      await removePath(folder)
    }
    return (await listCommits(id)).length
  }
  const left = await withRepositoryLock(id, remove, () => {})
  if (left > 0) return
  await removePath(repositoryFolder(id))
  await rmdir(dirname(repositoryFolder(id))).catch(() => {})
}

async function removePath(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true }).catch(error => {
    throw outputFailed(path, error)
  })
}
