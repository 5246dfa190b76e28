/**
 * Runs all tests of the chart: `npm run test:chart`. Gets Helm, kubectl and the schemas first, where they are not on the PATH.
 *
 * With `-- -u` the copies in the chart and the rendered manifests are written again.
 */
import { spawnSync } from "node:child_process"
import { copyFileSync } from "node:fs"
import { resolve } from "node:path"
import { copies } from "./chart.ts"
import { getChartTools } from "./chart-tools.ts"

const flags = process.argv.slice(2)
const tools = await getChartTools(resolve("node_modules/.cache/valence-chart-tools"))
if (flags.includes("-u")) for (const [original, copy] of copies) copyFileSync(original, copy)
// The manifests are read by the second folder's tests, so they are written before.
const failed = ["test/deploy/chart", "test/deploy/manifests"].filter(folder => {
  const words = ["node_modules/vitest/vitest.mjs", "run", folder, ...flags]
  return spawnSync(process.execPath, words, { stdio: "inherit", env: { ...process.env, ...tools } }).status !== 0
})
process.exitCode = failed.length === 0 ? 0 : 1
