import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { parseArgs } from "node:util"
import { type Trial, trials } from "./trials.ts"

/*
 * Packs the package and uses it as users do: with each package manager, with TypeScript's module settings, and with
 * bundlers. It needs a registry of npm packages, and downloads some 2 GB for all of them.
 */

const { values } = parseArgs({
  options: { only: { type: "string", multiple: true }, help: { type: "boolean", short: "h" } },
})
if (values.help) {
  console.log(
    `npm run test:packages [-- --only NAME ...]\nNAME is one of: ${trials.map(({ name }) => name).join(" | ")}`,
  )
  process.exit(0)
}
const chosen = trials.filter(({ name }) => values.only === undefined || values.only.includes(name))
if (chosen.length === 0) throw new Error(`--only must be one of ${trials.map(({ name }) => name).join(", ")}`)

const folder = mkdtempSync(join(tmpdir(), "valence-packages-"))
try {
  const tarball = pack()
  const tools = installTools()
  const failed = chosen.filter(trial => !passes(trial, { ...tools, TARBALL: tarball }))
  console.log(`${chosen.length - failed.length} passed, ${failed.length} failed`)
  process.exitCode = failed.length === 0 ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function pack(): string {
  run(`npm pack --pack-destination ${folder}`, process.cwd())
  const name = readdirSync(folder).find(file => file.endsWith(".tgz"))
  return join(folder, name ?? "")
}

/** The package managers, by the word that stands for each in a trial's command lines. */
function installTools(): Record<string, string> {
  const at = join(folder, "tools")
  mkdirSync(at)
  writeFileSync(join(at, "package.json"), "{}")
  run(
    "npm install --ignore-scripts --no-audit --no-fund npm10@npm:npm@10 npm11@npm:npm@11 pnpm@12 bun@1 @yarnpkg/cli-dist@4",
    at,
  )
  const modules = join(at, "node_modules")
  for (const tool of ["bun", "pnpm"]) run("node install.js", join(modules, tool))
  return {
    npm10: join(modules, "npm10/bin/npm-cli.js"),
    npm11: join(modules, "npm11/bin/npm-cli.js"),
    pnpm: `node ${join(modules, "pnpm/bin/pnpm.mjs")}`,
    yarn: join(modules, "@yarnpkg/cli-dist/bin/yarn.js"),
    bun: join(modules, "bun/bin/bun.exe"),
  }
}

function passes({ name, files, install, tools, run: lines }: Trial, words: Readonly<Record<string, string>>): boolean {
  const at = mkdtempSync(join(folder, "project-"))
  for (const [file, text] of Object.entries({ "package.json": '{ "name": "app", "private": true }', ...files })) {
    mkdirSync(dirname(join(at, file)), { recursive: true })
    writeFileSync(join(at, file), text)
  }
  const filled = (line: string) =>
    line.replace(/\b(TARBALL|npm10|npm11|pnpm|yarn|bun)\b(?=[ ]|$)/g, word => words[word] ?? word)
  try {
    for (const line of install) {
      const output = run(filled(line), at)
      const warning = /^npm warn (?!Unknown (user|env) config).*/m.exec(output)
      if (warning) throw new Error(`the installation warns: ${warning[0]}`)
    }
    if (tools !== undefined) run(tools, at)
    for (const line of lines) {
      const isSilent = line.startsWith("!")
      const output = run(filled(isSilent ? line.slice(1) : line), at)
      if (!isSilent && !output.includes("POSITIVE")) throw new Error(`${line} does not print POSITIVE:\n${output}`)
    }
    console.log(`${name}: works`)
    return true
  } catch (error) {
    console.log(`${name}: fails\n${error instanceof Error ? error.message : String(error)}`)
    return false
  } finally {
    rmSync(at, { recursive: true, force: true })
  }
}

/** Runs a command line, and gives what it printed; an exit code other than 0 is an error. */
function run(line: string, cwd: string): string {
  const { npm_config_ignore_scripts: _, ...environment } = process.env
  const env = {
    ...environment,
    YARN_ENABLE_TELEMETRY: "0",
    YARN_ENABLE_GLOBAL_CACHE: "false",
    NEXT_TELEMETRY_DISABLED: "1",
  }
  const { status, stdout, stderr } = spawnSync(line, { cwd, env, shell: true, encoding: "utf8" })
  const output = `${stdout}${stderr}`
  if (status !== 0) throw new Error(`${line}: exit code ${status}\n${output.slice(-3000)}`)
  return output
}
