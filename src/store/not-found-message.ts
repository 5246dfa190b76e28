import { access, readdir, stat } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { nearest } from "../nearest.ts"

const mostListed = 10

/** Whether a model's name can be nothing but a path. */
export function isPath(model: string): boolean {
  return /^[./~]|[/\\]$|\\|\/.*\//.test(model)
}

/**
 * What a path that leads nowhere may have been meant to be.
 *
 * @returns such as `there is no models/foo (models holds sentiment-small)`, and the path that is most like it
 */
async function lookAround(path: string): Promise<{ readonly found: string; readonly meant?: string | undefined }> {
  if (path.startsWith("~"))
    return { found: `there is no ${path}: only a shell reads ~ as your home folder, and none has here` }
  let near = dirname(path)
  while (!(await isFolder(near)) && near !== dirname(near)) near = dirname(near)
  const meant = near === dirname(path) ? nearest(await modelsIn(near), basename(path)) : undefined
  return { found: `there is no ${path} (${await describeFolder(near)})`, meant: meant && join(near, meant) }
}

/** That a path leads nowhere, and what may have been meant. */
export async function describeMissing(path: string): Promise<string> {
  const { found, meant } = await lookAround(path)
  return `${found}${didYouMean(meant)}`
}

/**
 * What is wrong with a name of the hub, and that it leads nowhere as a path, if its first part is a folder here: then that
 * may have been meant.
 *
 * @param nearestName - the name of the hub that is most like it
 */
export async function suggestPath(model: string, problem: string, nearestName?: string): Promise<string> {
  // A model that is in the cache, and lacks what was asked for, is not meant to be another.
  const named = nearestName === model ? undefined : nearestName
  if (!(await isFolder(dirname(model)))) return `${problem}${didYouMean(named)}`
  const { found, meant } = await lookAround(model)
  return `${found}; as a name of the hub: ${problem}${didYouMean(meant ?? named)}`
}

/** The end of an error about a name that is not known. */
export function didYouMean(meant: string | undefined): string {
  return meant === undefined ? "" : `; did you mean ${meant}?`
}

/** Which models are in a folder: `models holds sentiment-small`, `. holds no model`. */
export async function describeFolder(folder: string): Promise<string> {
  const models = await modelsIn(folder)
  const more = models.length > mostListed ? ` and ${models.length - mostListed} more` : ""
  const listed = models.slice(0, mostListed).join(", ")
  return `${folder} holds ${listed === "" ? "no model" : `${listed}${more}`}`
}

async function modelsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const models: string[] = []
  for (const { name } of entries)
    if (/\.(onnx|tsv)$/i.test(name) || (await exists(join(folder, name, "config.json")))) models.push(name)
  return models.sort()
}

/** Whether there is a folder of this name. */
export async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )
