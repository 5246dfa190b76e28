import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { findProgram } from "./redis/find-redis-binary.ts"

const run = promisify(execFile)

/** What decides whether a package may be installed without asking. */
export interface InstallRights {
  /** The user's id; 0 is root. */
  readonly userId: number | undefined
  readonly hasAptGet: boolean
  /** Whether sudo asks this user for no password. */
  readonly hasSudo: boolean
}

/** The commands that install a package of Debian's, in order; none where that may not be done without asking. */
export function installCommands(
  name: string,
  { userId, hasAptGet, hasSudo }: InstallRights,
): readonly (readonly string[])[] {
  if (!hasAptGet || (userId !== 0 && !hasSudo)) return []
  const aptGet = [...(userId === 0 ? [] : ["sudo", "-n"]), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
  return [
    [...aptGet, "update"],
    [...aptGet, "install", "--yes", "--no-install-recommends", name],
  ]
}

/** Installs a package by apt-get, as root or by a sudo that asks nothing; does nothing where it may not. */
export async function installPackage(name: string): Promise<void> {
  const commands = installCommands(name, {
    userId: process.getuid?.(),
    hasAptGet: findProgram("apt-get") !== undefined,
    hasSudo: await sudoAsksNothing(),
  })
  for (const [program = "", ...args] of commands) {
    console.log(`Tests need ${name}: ${[program, ...args].join(" ")}`)
    // An update fails where one of several archives cannot be reached; the package may be in another.
    await run(program, args).catch(error => console.warn(String(error)))
  }
}

async function sudoAsksNothing(): Promise<boolean> {
  try {
    await run("sudo", ["-n", "true"])
    return true
  } catch {
    return false
  }
}
