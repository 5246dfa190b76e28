import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { eventually } from "../eventually.ts"
import { freePort } from "../redis/free-port.ts"
import { type RedisServer, startRedisServer } from "../redis/redis-server.ts"

const bin = new URL("../../bin/valence.js", import.meta.url).pathname

/** A Redis, a worker and a server in front of both: what the snippets of the docs talk to. */
export interface Services extends AsyncDisposable {
  readonly redis: string
  readonly server: string
}

/** Starts `valence` and waits until it is ready. */
async function startValence(env: NodeJS.ProcessEnv, ...words: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [bin, ...words], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  })
  let log = ""
  child.stderr.on("data", data => {
    log += String(data)
  })
  await eventually(() => {
    if (child.exitCode !== null) throw new Error(`valence ${words.join(" ")} ended:\n${log}`)
    return log.includes("ready")
  })
  return child
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  child.kill("SIGTERM")
  await once(child, "close")
}

/** Starts all of them on free ports. */
export async function startServices(): Promise<Services> {
  const redis: RedisServer = await startRedisServer({ appendOnly: true, args: ["--maxmemory-policy", "noeviction"] })
  const worker = await startValence({ VALENCE_PORT: "0" }, "work", "--redis", redis.url)
  const port = await freePort()
  const server = await startValence({ VALENCE_HTTP_PORT: String(port) }, "serve", "--redis", redis.url)
  return {
    redis: redis.url,
    server: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      await stop(server)
      await stop(worker)
      await redis.stop()
    },
  }
}
