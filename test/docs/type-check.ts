import { execFile } from "node:child_process"
import { mkdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"

const root = new URL("../..", import.meta.url).pathname
const folder = join(root, "node_modules/.cache/docs-types")

/**
 * Checks the types of programs that import `valence-nlp`, as its users write them.
 *
 * @param files - their texts by the names that messages show
 * @returns what the compiler says; empty if nothing is wrong
 */
export async function typeCheck(files: Readonly<Record<string, string>>): Promise<string> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const paths = {
    "valence-nlp": [join(root, "src/index.ts")],
    "valence-nlp/fleet": [join(root, "src/fleet.ts")],
    "valence-nlp/serve": [join(root, "src/serve.ts")],
  }
  const compilerOptions = {
    paths,
    lib: ["es2023", "es2024.string", "esnext.disposable", "dom"],
    moduleDetection: "force",
  }
  const config = { extends: join(root, "tsconfig.json"), compilerOptions, include: [folder], exclude: [] }
  await writeFile(join(folder, "package.json"), '{ "type": "module" }')
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config))
  const run = promisify(execFile)(join(root, "node_modules/.bin/tsc"), ["-p", folder, "--pretty", "false"], {
    cwd: folder,
  })
  return run.then(
    () => "",
    (error: { stdout?: string }) => error.stdout ?? String(error),
  )
}
