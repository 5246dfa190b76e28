import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync } from "node:fs"
import { text } from "node:stream/consumers"
import { eventually } from "../eventually.ts"

const main = new URL("../../dist/cli/main.js", import.meta.url).pathname

/** How a command ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** A command that runs as its own process. */
export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

/** Starts `valence` as it was built, in a folder. */
export function startValence(folder: string, ...words: string[]): Running {
  return startValenceIn({}, folder, ...words)
}

/** As `startValence`, with variables of the environment. */
export function startValenceIn(env: Readonly<Record<string, string>>, folder: string, ...words: string[]): Running {
  const child = spawn(process.execPath, [main, ...words], {
    cwd: folder,
    env: { PATH: process.env["PATH"], HOME: folder, VALENCE_TUNE: "off", ...env },
  })
  const output = Promise.all([
    // Rejects where a test closes it.
    text(child.stdout).catch(() => ""),
    text(child.stderr),
    once(child, "close"),
  ])
  const ended = output.then(([stdout, stderr, [code, signal]]) => ({ code, signal, stdout, stderr }))
  return { child, ended }
}

/** Runs `valence` to its end, with nothing on standard input. */
export function runValence(folder: string, ...words: string[]): Promise<Ended> {
  return runValenceIn({}, folder, ...words)
}

/** As `runValence`, with variables of the environment. */
export function runValenceIn(
  env: Readonly<Record<string, string>>,
  folder: string,
  ...words: string[]
): Promise<Ended> {
  const { child, ended } = startValenceIn(env, folder, ...words)
  child.stdin?.end()
  return ended
}

/** Returns when there is such a file. */
export async function fileToBeThere(path: string): Promise<void> {
  await eventually(() => existsSync(path))
}

export { eventually as toBeTrue } from "../eventually.ts"
