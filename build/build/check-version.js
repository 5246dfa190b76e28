/**
 * Checks that a tag is the version of the package and of the chart: `node build/check-version.js v0.1.0`.
 */
import { readFileSync } from "node:fs"

const [tag = ""] = process.argv.slice(2)
const read = file => readFileSync(new URL(`../${file}`, import.meta.url), "utf8")
const chart = read("deploy/helm/valence/Chart.yaml")
const versions = {
  "package.json": JSON.parse(read("package.json")).version,
  "version of the chart": /^version: (.*)$/m.exec(chart)?.[1],
  "appVersion of the chart": /^appVersion: "?([^"]*)"?$/m.exec(chart)?.[1],
}
for (const [what, version] of Object.entries(versions))
  if (`v${version}` !== tag) {
    console.error(`error: ${what} must be the tag's, ${tag}; got ${version}`)
    process.exitCode = 1
  }
