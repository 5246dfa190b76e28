import { spawn } from "node:child_process"
import { once } from "node:events"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { eventually } from "../eventually.ts"
import { findRedisBinary } from "./find-redis-binary.ts"
import { freePort } from "./free-port.ts"
import { isListening } from "./is-listening.ts"

/** A Sentinel of its own for a test. */
export interface Sentinel extends AsyncDisposable {
  readonly port: number
}

/**
 * Starts a Sentinel that watches the master `main`.
 *
 * @param lines - more lines of its configuration, in which PORT stands for its port
 */
export async function startSentinel(masterPort: number, lines: readonly string[] = ["port PORT"]): Promise<Sentinel> {
  const folder = new TemporaryFolder()
  const port = await freePort()
  const config = [
    ...lines.map(line => line.replace("PORT", String(port))),
    "bind 127.0.0.1",
    `dir ${folder.path}`,
    `sentinel monitor main 127.0.0.1 ${masterPort} 1`,
  ]
  const path = folder.write("sentinel.conf", config.join("\n"))
  const child = spawn(findRedisBinary() as string, [path, "--sentinel"], { stdio: "ignore" })
  await eventually(() => isListening(port))
  const stop = async () => {
    child.kill("SIGKILL")
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit")
    folder[Symbol.dispose]()
  }
  return { port, [Symbol.asyncDispose]: stop }
}
