import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { findProgram } from "./find-redis-binary.ts"

const run = promisify(execFile)

/** What decides whether a package may be installed without asking. */
export interface InstallRights {
  /** The user's id; 0 is root. */
  readonly userId: number | undefined
  readonly hasAptGet: boolean
  /** Whether sudo asks this user for no password. */
  readonly hasSudo: boolean
}

/** The commands that install redis-server, in order; none where that may not be done without asking. */
export function installCommands({ userId, hasAptGet, hasSudo }: InstallRights): readonly (readonly string[])[] {
  if (!hasAptGet || (userId !== 0 && !hasSudo)) return []
  const aptGet = [...(userId === 0 ? [] : ["sudo", "-n"]), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
  return [
    [...aptGet, "update"],
    [...aptGet, "install", "--yes", "--no-install-recommends", "redis-server"],
  ]
}

/** Installs redis-server by apt-get, as root or by a sudo that asks nothing; does nothing where it may not. */
export async function installRedis(): Promise<void> {
  const commands = installCommands({
    userId: process.getuid?.(),
    hasAptGet: findProgram("apt-get") !== undefined,
    hasSudo: await sudoAsksNothing(),
  })
  for (const [program = "", ...args] of commands) {
    console.log(`Tests need a Redis: ${[program, ...args].join(" ")}`)
    // An update fails where one of several archives cannot be reached; redis-server may be in another.
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
