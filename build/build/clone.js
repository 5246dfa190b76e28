import { spawnSync } from "node:child_process"
import { readdirSync, renameSync, rmSync, statSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))

/**
 * Builds `dist/` in a clone if it is missing or older than a source.
 *
 * The compiler writes to a folder of this process, which then takes the place of `dist/`: another command that starts
 * meanwhile never loads a file that is half written.
 */
export function buildClone() {
  if (isBuilt()) return
  console.error("valence: building from source, once after each change of it")
  const folder = `dist.${process.pid}`
  const tsc = join(root, "node_modules/typescript/bin/tsc")
  const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", folder], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  })
  // Another command may have built in the meantime, and may be loading its files.
  if (status === 0 && !isBuilt()) replace(folder)
  rmSync(join(root, folder), { recursive: true, force: true })
  if (status !== 0) {
    console.error("valence: the build failed; install the dependencies first: npm ci")
    process.exit(2)
  }
  // Without them, a command that needs one says how to build it.
  spawnSync(process.execPath, ["build/bundled-graphs.js"], { cwd: root, stdio: ["ignore", 2, 2] })
}

function replace(folder) {
  rmSync(join(root, "dist"), { recursive: true, force: true })
  try {
    renameSync(join(root, folder), join(root, "dist"))
  } catch (error) {
    if (!isBuilt()) throw error
  }
}

function isBuilt() {
  const built = modified("dist/cli/main.js")
  return readdirSync(join(root, "src"), { recursive: true })
    .filter(file => file.endsWith(".ts"))
    .every(file => modified(join("src", file)) < built)
}

/** When a file was last changed, in ms; 0 if it is missing. */
function modified(file) {
  return statSync(join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0
}
