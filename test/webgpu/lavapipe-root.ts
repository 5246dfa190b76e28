import { spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { installPackage } from "../install-package.ts"
import { findProgram } from "../redis/find-redis-binary.ts"

const mirror = "http://deb.debian.org/debian"
const drivers = "usr/share/vulkan/icd.d"
/** What of the repository's `node_modules` no worker needs, and is large. */
const leftOut = new Set([".cache", ".vite", "@biomejs", "typescript", "@typescript", "playwright-core"])

/** The driver of Vulkan that computes on the CPU, as a path in a root: its name has the kind of CPU in older versions. */
function driverIn(root: string): string | undefined {
  const folder = join(root, drivers)
  const name = existsSync(folder) ? readdirSync(folder).find(one => /^lvp_icd.*json$/.test(one)) : undefined
  return name && join("/", drivers, name)
}

/** Why Mesa's driver cannot be installed here. */
function reasonAgainst(): string | undefined {
  if (process.platform !== "linux" || process.arch !== "x64") return "it needs linux/x64, where ONNX Runtime has WebGPU"
  if (process.getuid?.() !== 0) return "it needs root, for debootstrap and chroot"
  return undefined
}

/**
 * Installs Debian with Mesa's software driver into a folder, unless it is there: 500 MB, two minutes.
 *
 * @param suite - of Debian, which says which Mesa: bookworm has 22, trixie 25
 * @throws Error that says what this machine lacks
 */
export async function installLavapipe(root: string, suite: string): Promise<void> {
  const reason = reasonAgainst()
  if (reason !== undefined) throw new Error(`Mesa's software driver cannot be installed: ${reason}`)
  if (driverIn(root) !== undefined) return
  if (findProgram("debootstrap") === undefined) await installPackage("debootstrap")
  const unfinished = `${root}.unfinished`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(dirname(root), { recursive: true })
  const words = ["--variant=minbase", "--include=mesa-vulkan-drivers,libvulkan1,libstdc++6", suite, unfinished, mirror]
  console.log(`debootstrap ${words.join(" ")}`)
  const { status, stdout } = spawnSync("debootstrap", words, { encoding: "utf8" })
  if (status !== 0)
    throw new Error(`debootstrap failed; its last words:\n${stdout?.slice(-1000) ?? "it is not installed"}`)
  renameSync(unfinished, root)
}

/** Copies the built package, with a model, and this Node into a root; `valence` runs from there by `runInRoot`. */
export function copyPackage(root: string, model: string): void {
  const folder = join(root, "valence")
  rmSync(folder, { recursive: true, force: true })
  for (const part of ["bin", "dist", "package.json", model]) cpSync(part, join(folder, part), { recursive: true })
  for (const name of readdirSync("node_modules").filter(one => !leftOut.has(one)))
    cpSync(join("node_modules", name), join(folder, "node_modules", name), { recursive: true, verbatimSymlinks: true })
  cpSync(process.execPath, join(root, "usr/local/bin/node"))
}

/** What a command printed, and how it ended. */
export interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs `valence` in a root, with Mesa's software driver alone. */
export function runInRoot(root: string, words: readonly string[], input = ""): Ended {
  const driver = driverIn(root)
  const small = { VALENCE_TUNE: "off", VALENCE_MAX_BATCH_TOKENS: "64" }
  const env = { PATH: "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", HOME: "/root", VK_DRIVER_FILES: driver, ...small }
  return spawnSync("chroot", [root, "/usr/local/bin/node", "/valence/bin/valence.js", ...words], {
    ...{ env: { ...env, VK_ICD_FILENAMES: driver }, input, encoding: "utf8", maxBuffer: 2 ** 28 },
  })
}
