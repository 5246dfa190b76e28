/**
 * Checks that all dependencies have licences that a product may be built on: `npm sbom --omit=dev --sbom-format cyclonedx > FILE`,
 * then `node build/check-licences.js FILE`. A licence that is not in the list has to be read by a person before it is added.
 */
import { readFileSync } from "node:fs"

const permissive = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "MIT-0",
  "Python-2.0",
  "Unlicense",
  "Zlib",
])

/** Whether an SPDX expression allows a choice that is permissive: one of `OR`, each of `AND`. */
const isPermissive = expression =>
  expression
    .replace(/[()]/g, "")
    .split(" OR ")
    .some(choice => choice.split(" AND ").every(licence => permissive.has(licence.trim())))

const [file = "sbom.cdx.json"] = process.argv.slice(2)
const { components } = JSON.parse(readFileSync(file, "utf8"))
const problems = components.flatMap(({ name, version, licenses = [] }) => {
  const found = licenses.map(({ license, expression }) => expression ?? license.id ?? license.name)
  return found.length > 0 && found.every(isPermissive)
    ? []
    : [`${name}@${version}: ${found.join(", ") || "no licence"}`]
})
console.log(`${components.length} dependencies, ${problems.length} with a licence that is not in the list`)
for (const problem of problems) console.error(`error: ${problem}`)
if (components.length === 0 || problems.length > 0) process.exitCode = 1
