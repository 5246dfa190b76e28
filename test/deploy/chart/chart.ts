import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { parse } from "yaml"
import type { Present } from "../manifests/reference-problems.ts"

/** Where the chart is. */
export const chartFolder = "deploy/helm/valence"

/** Where the manifests are that were rendered from it, one file for each of its examples. */
export const renderedFolder = "deploy/kubernetes"

/** The examples of the chart, by their names. */
export const examples = readdirSync(join(chartFolder, "examples")).map(file => file.replace(/\.yaml$/, ""))

/** Where the values of an example are. */
export const valuesOf = (example: string) => join(chartFolder, "examples", `${example}.yaml`)

/** Files of the chart that are copies: a chart cannot read what is outside of its folder. */
export const copies = [
  ["deploy/prometheus/alerts.yml", join(chartFolder, "files/alerts.yml")],
  ["deploy/grafana/dashboards/valence.json", join(chartFolder, "files/dashboard.json")],
] as const

/** What rendered manifests begin with. The sum shows, where Helm is not there, that the chart has changed since. */
export function headerOf(example: string): string {
  return `# ${valuesOf(example)}, rendered by: npm run test:chart -- -u
# kubectl create namespace valence && kubectl apply -n valence -f ${renderedFolder}/${example}.yaml
# The chart had the sum ${chartSum(example)}.
`
}

function chartSum(example: string): string {
  const files = ["Chart.yaml", "values.yaml"].map(file => join(chartFolder, file))
  const lists = ["templates", "files"].map(folder => join(chartFolder, folder))
  const listed = lists.flatMap(folder => readdirSync(folder, { withFileTypes: true }).map(file => ({ folder, file })))
  // A folder of templates has tests in it, which are not rendered.
  const inLists = listed.filter(({ file }) => file.isFile()).map(({ folder, file }) => join(folder, file.name))
  const hash = createHash("sha256")
  for (const file of [...files, ...inLists, valuesOf(example)].toSorted()) hash.update(readFileSync(file))
  return hash.digest("hex").slice(0, 16)
}

/** What the values of an example say is there already. */
export function presentFor(example: string): Present {
  const values: unknown = parse(readFileSync(valuesOf(example), "utf8"))
  return { secrets: namesIn(values, /secret$/i), claims: namesIn(values, /^existingClaim$/) }
}

/** Names under a key: `{ secret: a }` and `{ existingSecret: { name: a } }`. */
function namesIn(value: unknown, key: RegExp): string[] {
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) => {
    if (!key.test(name)) return namesIn(inner, key)
    const found = typeof inner === "object" && inner !== null && "name" in inner ? inner.name : inner
    return typeof found === "string" ? [found] : []
  })
}
