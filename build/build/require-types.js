import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/*
 * Writes a `.d.cts` next to each `.d.ts` of `dist/`: the declarations for callers that `require()` the package. TypeScript
 * reads a `.d.ts` of this package as an ES module, which `module: node16` does not let a CommonJS file load (TS1479).
 */
const dist = fileURLToPath(new URL("../dist", import.meta.url))

for (const file of readdirSync(dist, { recursive: true }).filter(name => name.endsWith(".d.ts"))) {
  const text = readFileSync(join(dist, file), "utf8")
  const relative = /((?:from|import) ?\(?)"(\.{1,2}\/[^"]+)\.(?:js|ts)"/g
  writeFileSync(join(dist, file.replace(/\.d\.ts$/, ".d.cts")), text.replace(relative, '$1"$2.cjs"'))
}
