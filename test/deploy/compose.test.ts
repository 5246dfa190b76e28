import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { portOptions } from "../../src/cli/work.ts"
import type { Declaration } from "../../src/declaration.ts"
import { cacheFolder } from "../../src/model/cache.ts"
import { classifierOptions } from "../../src/options.ts"
import { workerOptions } from "../../src/worker/options.ts"

const compose = readFileSync("docker-compose.yml", "utf8")
const dockerfile = readFileSync("Dockerfile", "utf8")
const declarations: Declaration<unknown>[] = Object.values({ ...classifierOptions, ...workerOptions, ...portOptions })

const allowedIn = readFileSync(".dockerignore", "utf8").split("\n")
const { files: listed } = JSON.parse(readFileSync("package.json", "utf8")) as { files: string[] }
const files = listed.filter(file => !file.startsWith("!"))

/** Of the worker's environment: keys, and what is assigned in the image. */
const variables = [
  ...[...compose.matchAll(/^ +(VALENCE_\w+):/gm)].map(([, name]) => name),
  ...[...dockerfile.matchAll(/\b(VALENCE_\w+)=/g)].map(([, name]) => name),
]

describe("docker-compose.yml and Dockerfile", () => {
  it("keeps pulled models and tunings in the volume that workers share", () => {
    const [, folder] = /VALENCE_CACHE=(\S+)/.exec(dockerfile) ?? []
    expect(cacheFolder({ VALENCE_CACHE: folder })).toBe(folder)
    expect(compose).toContain(`volumes: [cache:${folder}]`)
  })

  it.each([...new Set(variables)].filter(name => name !== "VALENCE_CACHE"))("%s - is read by valence work", name => {
    expect(declarations.map(({ env }) => env)).toContain(name)
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

  it("know the port that a worker listens on", () => {
    const port = portOptions.port.default
    expect(dockerfile).toContain(`EXPOSE ${port}\n`)
    expect(compose).toContain(`expose: ["${port}"]`)
    expect(readFileSync("deploy/prometheus/prometheus.yml", "utf8")).toContain(`port: ${port}\n`)
    expect(readFileSync("deploy/probe.js", "utf8")).toContain(`VALENCE_PORT || ${port}`)
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
