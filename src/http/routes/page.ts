import { readdirSync, readFileSync } from "node:fs"
import { extname, join, sep } from "node:path"
import type { FastifyInstance, FastifySchema } from "fastify"
import { textColumnNames } from "../../corpus/rows/columns.ts"
import { fromPackageRoot } from "../../files/package-root.ts"
import { knownLabelColours, labelPalette, otherLabelColours } from "../../label-colours.ts"
import type { ServerContext } from "../server-context.ts"

/** Plain files for a browser: they need no build, and the package contains them as they are. */
const folder = fromPackageRoot("src", "http", "page")

const typeByExtension: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
}

/** The colours of labels, as variables and as classes that set the tone of an element. */
const colourSheet = [
  ":root {",
  ...Object.entries(labelPalette).map(([name, { light, dark }]) => `  --${name}: light-dark(${light}, ${dark});`),
  "}",
  ...Object.keys(labelPalette).map(name => `.${name} { --tone: var(--${name}); }`),
  "",
].join("\n")

/** `GET /`: a page to try the server with. Browsers get it without an API key, and it asks its user for one. */
export function addPage(
  app: FastifyInstance,
  { queues }: ServerContext,
  keyNeeded: boolean,
  config: { readonly open: true },
): void {
  const options = { config, schema: { hide: true } }
  const described = {
    tags: ["Page"],
    operationId: "getPage",
    summary: "A page to try the server with",
    response: { 200: { description: "The page", content: { "text/html": { schema: { type: "string" } } } } },
  }
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const file = path.replaceAll(sep, "/")
    const type = typeByExtension[extname(file)]
    if (type === undefined) continue
    const content = readFileSync(join(folder, path))
    const isIndex = file === "index.html"
    const schema: FastifySchema = isIndex ? described : options.schema
    app.get(isIndex ? "/" : `/page/${file}`, { config, schema }, async (_, reply) =>
      reply.headers({ "content-type": type, "cache-control": "no-cache" }).send(content),
    )
  }
  app.get("/page/label-colours.css", options, async (_, reply) =>
    reply.headers({ "content-type": "text/css; charset=utf-8", "cache-control": "no-cache" }).send(colourSheet),
  )
  // The page asks only for what this server has: anything else would be an error in the browser's console.
  const colours = { known: knownLabelColours, others: otherLabelColours }
  app.get("/page/server.json", options, async () => ({
    keyNeeded,
    queue: queues !== undefined,
    textColumns: textColumnNames,
    colours,
  }))
}
