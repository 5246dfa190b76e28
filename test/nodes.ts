import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"

/*
 * Runs the test suite on several versions of Node, each as npm's package `node-PLATFORM-ARCH` brings it.
 */

const { values, positionals } = parseArgs({
  options: { versions: { type: "string", default: "20,22,24,26" }, help: { type: "boolean", short: "h" } },
  allowPositionals: true,
})
if (values.help) {
  console.log("npm run test:nodes [-- --versions 20,22,24,26] [-- TEST_FILE ...]")
  process.exit(0)
}

const folder = mkdtempSync(join(tmpdir(), "valence-nodes-"))
try {
  const failed = values.versions.split(",").filter(version => {
    const passed = passes(version)
    console.log(`Node ${version}: ${passed ? "passed" : "failed"}`)
    return !passed
  })
  process.exitCode = failed.length === 0 ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function passes(version: string): boolean {
  const node = installNode(version)
  const vitest = join("node_modules", "vitest", "vitest.mjs")
  const env = { ...process.env, PATH: `${join(node, "..")}:${process.env["PATH"]}` }
  const { status } = spawnSync(node, [vitest, "run", ...positionals], { stdio: "inherit", env })
  return status === 0
}

/** The path of a `node` of this major version. */
function installNode(version: string): string {
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`
  const at = mkdtempSync(join(folder, `${version}-`))
  writeFileSync(join(at, "package.json"), "{}")
  const words = ["install", "--ignore-scripts", "--no-audit", "--no-fund", `${name}@${version}`]
  spawnSync("npm", words, { cwd: at, stdio: ["ignore", "ignore", "inherit"], shell: process.platform === "win32" })
  const node = join(at, "node_modules", name, "bin", process.platform === "win32" ? "node.exe" : "node")
  if (!existsSync(node)) throw new Error(`npm's package ${name}@${version} brought no ${node}`)
  return node
}
