/**
 * Runs every snippet of README and docs, against a real Redis, worker and server, in a scratch folder for each page.
 *
 *     npm run test:docs                   all pages
 *     npm run test:docs -- docs/tutorial.md README.md
 *
 * A comment before a snippet says what a reader does not need to see:
 *
 *     <!-- not run: needs a cluster -->   it cannot be run here, and why
 *     <!-- run with: 1000000=2000 -->     with a smaller number
 *     <!-- file: make-rows.mjs -->        it is a file that later snippets use
 *     <!-- setup: printf 1 > a.csv -->    a command that makes what the snippet reads
 *
 * A block of `text` after a snippet is what it prints, where `…` stands for anything.
 */
import { cp, mkdir, rm, symlink, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { findPython } from "../queue/find-python.ts"
import { readFences, userPages } from "./read-pages.ts"
import { type Outcome, runSnippet } from "./run-snippet.ts"
import { startServices } from "./services.ts"

const root = new URL("../..", import.meta.url).pathname
const scratch = join(root, "node_modules/.cache/docs")
/** Pages that commands write and measure; what they quote are benches. */
const generated = /^docs\/performance/

const found = findPython({
  environment: "valence-docs-python",
  packages: ["huggingface_hub==2.4.0", "openai==3.57.0", "pandas", "duckdb", "pyarrow"],
  modules: ["huggingface_hub", "openai", "pandas", "duckdb"],
})
const python = found?.includes("/") ? join(root, found) : found
const chosen = process.argv.slice(2)
const pages = userPages.filter(page => (chosen.length === 0 ? !generated.test(page) : chosen.includes(page)))

await rm(scratch, { recursive: true, force: true })
const bin = join(scratch, "bin")
await mkdir(bin, { recursive: true })
await mkdir(join(scratch, "node_modules"))
await symlink(root, join(scratch, "node_modules/valence-nlp"))
await writeFile(join(bin, "valence"), `#!/bin/sh\nexec "${process.execPath}" "${root}bin/valence.js" "$@"\n`, {
  mode: 0o755,
})

const failures: string[] = []
const skipped: string[] = []
let passed = 0
{
  await using services = await startServices()
  for (const page of pages) {
    const folder = join(scratch, page.replaceAll("/", "-"))
    await mkdir(folder)
    await cp("examples", join(folder, "examples"), { recursive: true })
    for (const fence of readFences(page)) {
      const place = `${page}:${fence.line} ${fence.language}`
      const outcome: Outcome = await runSnippet(fence, { services, folder, bin, python })
      if (outcome.state === "passed") {
        passed++
        console.log(`ok      ${place}`)
      } else if (outcome.state === "failed") {
        failures.push(place)
        console.log(`FAILED  ${place}: ${outcome.reason}`)
      } else if (fence.language !== "text") skipped.push(`${place}: ${outcome.reason}`)
    }
  }
}
console.log(`\nnot run:\n${skipped.map(line => `  ${line}\n`).join("")}`)
console.log(
  `${passed} passed, ${skipped.length} not run, ${failures.length} failed${failures.map(line => `\n  ${line}`).join("")}`,
)
process.exitCode = failures.length === 0 ? 0 : 1
