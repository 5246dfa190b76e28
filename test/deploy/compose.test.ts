import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { portOptions } from "../../src/cli/commands/work.ts"
import { exportOptions } from "../../src/cli/parts/export-options.ts"
import type { Declaration } from "../../src/declaration.ts"
import { serverOptions } from "../../src/http/options.ts"
import { classifierOptions } from "../../src/options.ts"
import { cacheFolder } from "../../src/store/cache.ts"
import { workerOptions } from "../../src/worker/options.ts"

const compose = readFileSync("docker-compose.yml", "utf8")
const dockerfile = readFileSync("Dockerfile", "utf8")
const ofWork: Declaration<unknown>[] = Object.values({ ...classifierOptions, ...workerOptions, ...portOptions })
const ofServe: Declaration<unknown>[] = Object.values(serverOptions)
const ofExport: Declaration<unknown>[] = Object.values(exportOptions)
// Keys have no flag: others can read a command line.
const keys = ["VALENCE_API_KEYS", "VALENCE_OPERATOR_KEYS"]

const allowedIn = readFileSync(".dockerignore", "utf8").split("\n")
const { files: listed } = JSON.parse(readFileSync("package.json", "utf8")) as { files: string[] }
const files = listed.filter(file => !file.startsWith("!"))

/** The names that a pattern finds, but for the cache's folder, which is no option. */
const variablesOf = (text: string, pattern: RegExp) =>
  [...new Set([...text.matchAll(pattern)].map(([, name]) => name))].filter(name => name !== "VALENCE_CACHE")

describe("docker-compose.yml and Dockerfile", () => {
  it("keeps pulled models and tunings in the volume that workers share", () => {
    const [, folder] = /VALENCE_CACHE=(\S+)/.exec(dockerfile) ?? []
    expect(cacheFolder({ VALENCE_CACHE: folder })).toBe(folder)
    expect(compose).toContain(`volumes: [cache:${folder}]`)
  })

  it.each(variablesOf(compose, /^ +(VALENCE_\w+):/gm))("%s of a service - is read by a command", name => {
    expect([...keys, ...[...ofWork, ...ofServe, ...ofExport].map(({ env }) => env)]).toContain(name)
  })

  it.each(variablesOf(dockerfile, /\b(VALENCE_\w+)=/g))("%s of the image - is read by a command", name => {
    expect([...ofWork, ...ofServe, ...ofExport].map(({ env }) => env)).toContain(name)
  })

  it("let a worker and a server be reached from outside of the container", () => {
    for (const { host } of [portOptions, serverOptions, exportOptions])
      expect(dockerfile).toContain(`${host.env}=0.0.0.0`)
  })

  it.each([
    ["VALENCE_MODEL", classifierOptions.model.default],
    ["VALENCE_DTYPE", classifierOptions.dtype.default],
    ["VALENCE_DEVICE", classifierOptions.device.default],
  ])("%s - has the default that valence has: %s", (name, value) => {
    expect(compose).toContain(`${name}: \${${name}:-${value}}`)
  })

  it("give a worker longer to stop than it takes to drain and to say goodbye", () => {
    const graceSeconds = Number(/stop_grace_period: (\d+)s/.exec(compose)?.[1])
    expect(graceSeconds).toBeGreaterThanOrEqual(workerOptions.drainSeconds.default + 25)
  })

  it("know the ports that a worker and a server listen on", () => {
    const port = portOptions.port.default
    expect(dockerfile).toContain(`EXPOSE ${port} ${serverOptions.port.default}\n`)
    expect(compose).toContain(`expose: ["${port}"]`)
    expect(readFileSync("deploy/prometheus/prometheus.yml", "utf8")).toContain(`port: ${port}\n`)
    expect(readFileSync("deploy/probe.js", "utf8")).toContain(`VALENCE_PORT || ${port}`)
  })

  it("build a worker for GPUs from the image that has CUDA, with a device of its own", () => {
    expect(compose).toMatch(/worker-gpu:[\s\S]*?target: cuda\n[\s\S]*?VALENCE_DEVICE: cuda:0\n/)
    expect(dockerfile).toContain("FROM worker AS cuda\n")
    // Without a target, the image is the one for CPUs.
    expect(dockerfile.trim().split("\n").at(-1)).toBe("FROM worker")
  })

  it("know the ports of the server and of the exporter", () => {
    const prometheus = readFileSync("deploy/prometheus/prometheus.yml", "utf8")
    expect(compose).toContain(`:-${serverOptions.port.default}}:${serverOptions.port.default}"]`)
    expect(prometheus).toContain(`port: ${serverOptions.port.default}\n`)
    expect(compose).toContain(`expose: ["${exportOptions.port.default}"]`)
    expect(prometheus).toContain(`queue-exporter:${exportOptions.port.default}"`)
  })

  it.each(files)("let %s of the package into the image", file => {
    const root = file.replace(/\/\*\*.*/, "")
    expect(allowedIn).toContain(/^(dist|src\/.*)$/.test(root) ? "!src" : `!${root}`)
  })

  it("let workers be scaled: no name and no host port of their own", () => {
    const worker = compose.slice(compose.indexOf("x-worker:"), compose.indexOf("services:"))
    expect(worker).not.toMatch(/^ +(container_name|ports|hostname):/m)
  })
})
