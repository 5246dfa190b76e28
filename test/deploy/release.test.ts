import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"

interface Step {
  readonly run?: string
  readonly uses?: string
}
interface Job {
  readonly needs?: string | readonly string[]
  readonly steps: readonly Step[]
  readonly strategy?: { readonly matrix: { readonly include: readonly Readonly<Record<string, string>>[] } }
}

const text = readFileSync(".github/workflows/release.yml", "utf8")
const { jobs } = parse(text) as { readonly jobs: Readonly<Record<string, Job>> }
const { version, scripts } = JSON.parse(readFileSync("package.json", "utf8")) as {
  readonly version: string
  readonly scripts: Readonly<Record<string, string>>
}
const commands = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run = "" }) => run.split("\n")))

const node = (...words: string[]) => spawnSync(process.execPath, words, { encoding: "utf8" })

describe("release.yml", () => {
  it("publishes nothing before the checks have passed", () => {
    const neededBy = (name: string): string[] =>
      [jobs[name]?.needs ?? []].flat().flatMap(need => [need, ...neededBy(need)])
    for (const name of Object.keys(jobs)) if (name !== "check") expect(neededBy(name)).toContain("check")
  })

  it("runs scripts that there are", () => {
    const named = commands.flatMap(command => [...command.matchAll(/\bnpm run (\S+)/g)].map(([, name]) => name))
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named))
    for (const command of commands)
      for (const [file] of command.matchAll(/(?:build|\.ci)\/\S+/g)) expect(existsSync(file)).toBe(true)
  })

  it("builds images that the Dockerfile has", () => {
    const dockerfile = readFileSync("Dockerfile", "utf8")
    const targets = jobs["images"]?.strategy?.matrix.include.map(({ target }) => target)
    expect(targets).toEqual(["worker", "cuda"])
    for (const target of targets ?? []) expect(dockerfile).toContain(` AS ${target}\n`)
  })

  it("needs one secret", () => {
    expect(new Set([...text.matchAll(/secrets\.(\w+)/g)].map(([, name]) => name))).toEqual(
      new Set(["NPM_TOKEN", "GITHUB_TOKEN"]),
    )
  })
})

describe("build/check-version.js", () => {
  it.each([
    [`v${version}`, 0],
    ["v99.0.0", 1],
    ["", 1],
  ])("tag %s - exit code %i", (tag, code) => {
    expect(node("build/check-version.js", tag).status).toBe(code)
  })
})

describe("build/check-licences.js", () => {
  it.each([
    [[{ license: { id: "MIT" } }], 0],
    [[{ expression: "(GPL-3.0 OR MIT)" }], 0],
    [[{ expression: "MIT AND GPL-3.0" }], 1],
    [[{ license: { id: "GPL-3.0-only" } }], 1],
    [[], 1],
  ])("%j - exit code %i", (licenses, code) => {
    using folder = new TemporaryFolder()
    const file = folder.write("sbom.json", JSON.stringify({ components: [{ name: "a", version: "1", licenses }] }))
    expect(node("build/check-licences.js", file).status).toBe(code)
  })
})
