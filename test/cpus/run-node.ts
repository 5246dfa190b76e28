import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import type { Cpu } from "./emulated-cpus.ts"

/** What QEMU says of instructions that it lacks is no news. */
const isNews = (line: string) => !/TCG doesn't support/.test(line)

function spawnNode({ node, packageFolder }: Cpu, words: readonly string[]) {
  const preload = join(import.meta.dirname, "set-exec-path.cjs")
  return spawn(node, [...words], {
    cwd: packageFolder,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, VALENCE_EXEC_PATH: node, NODE_OPTIONS: `--require ${preload}` },
  })
}

/**
 * Runs Node as a CPU.
 *
 * @returns what it prints
 * @throws Error where it fails, with what it says
 */
export async function runNode(cpu: Cpu, words: readonly string[]): Promise<string> {
  const child = spawnNode(cpu, words)
  let [output, errors] = ["", ""]
  child.stdout.on("data", (data: Buffer) => {
    output += data.toString()
  })
  child.stderr.on("data", (data: Buffer) => {
    errors += data.toString()
  })
  const [code] = await once(child, "close")
  if (code !== 0) {
    const said = errors.split("\n").filter(isNews).slice(-8).join("\n")
    throw new Error(`${cpu.name}: node ${words.join(" ")} ended with ${code}:\n${said}`)
  }
  return output
}

/** A process that goes on. */
export interface RunningNode {
  /** Waits until it says something. */
  says(pattern: RegExp): Promise<void>
  /** Ends it, and waits for that. */
  stop(): Promise<void>
}

/** Starts Node as a CPU. */
export function startNode(cpu: Cpu, words: readonly string[]): RunningNode {
  const child: ChildProcess = spawnNode(cpu, words)
  const ended = once(child, "close")
  let said = ""
  const listeners = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (data: Buffer) => {
      said += data.toString()
      for (const listener of listeners) listener()
    })
  return {
    async says(pattern) {
      const heard = new Promise<void>(resolve => {
        const listen = () => {
          if (pattern.test(said)) resolve()
        }
        listeners.add(listen)
        listen()
      })
      const died = ended.then(() => {
        throw new Error(
          `${cpu.name}: node ${words.join(" ")} ended early:\n${said.split("\n").filter(isNews).join("\n")}`,
        )
      })
      await Promise.race([heard, died])
    },
    async stop() {
      child.kill("SIGTERM")
      await ended
    },
  }
}
