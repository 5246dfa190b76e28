import { installPackage } from "../install-package.ts"
import { findProgram } from "../redis/find-redis-binary.ts"

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]

const find = () => process.env["CHROMIUM_PATH"] ?? names.map(name => findProgram(name)).find(path => path !== undefined)

/**
 * Where a Chromium lies: the one that CHROMIUM_PATH names, the first on the PATH, or Debian's, which is installed where
 * that may be done without asking.
 *
 * @returns `undefined` where there is none and none can be had
 */
export async function findChromium(): Promise<string | undefined> {
  const found = find()
  if (found !== undefined) return found
  await installPackage("chromium")
  return find()
}
