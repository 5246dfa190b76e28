import { access, readdir, stat } from "node:fs/promises"
import { dirname, join } from "node:path"

const mostListed = 10

/** Whether a model's name can be nothing but a path. */
export function isPath(model: string): boolean {
  return /^[./~]|[/\\]$|\\|\/.*\//.test(model)
}

/**
 * What a path that leads nowhere may have been meant to be.
 *
 * @returns such as `there is no models/foo (models holds sst2-small)`
 */
export async function describeMissing(path: string): Promise<string> {
  if (path.startsWith("~")) return `there is no ${path}: only a shell reads ~ as your home folder, and none has here`
  let near = dirname(path)
  while (!(await isFolder(near)) && near !== dirname(near)) near = dirname(near)
  return `there is no ${path} (${await describeFolder(near)})`
}

/**
 * What is wrong with a name of the hub, and that it leads nowhere as a path, where its first part is a folder here: then
 * that may have been meant.
 */
export async function orMissing(model: string, problem: string): Promise<string> {
  const mayBePath = await isFolder(dirname(model))
  return mayBePath ? `${await describeMissing(model)}; as a name of the hub: ${problem}` : problem
}

/** Which models lie in a folder: `models holds sst2-small`, `. holds no model`. */
export async function describeFolder(folder: string): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const models: string[] = []
  for (const { name } of entries)
    if (/\.(onnx|tsv)$/i.test(name) || (await exists(join(folder, name, "config.json")))) models.push(name)
  const more = models.length > mostListed ? ` and ${models.length - mostListed} more` : ""
  const listed = models.sort().slice(0, mostListed).join(", ")
  return `${folder} holds ${listed === "" ? "no model" : `${listed}${more}`}`
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
