import { readdirSync, readFileSync } from "node:fs"
import { extname, join } from "node:path"
import type { FastifyInstance, FastifySchema } from "fastify"
import { fromPackageRoot } from "../../files/package-root.ts"
import type { ServerContext } from "../server-context.ts"

/** Plain files for a browser: nothing builds them, and the package contains them as written. */
const folder = fromPackageRoot("src", "http", "page")

const typeByExtension: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
}

/** `GET /`: a page to try the server with; it is there for browsers without an API key, and asks its user for one. */
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
  for (const file of readdirSync(folder)) {
    const type = typeByExtension[extname(file)]
    if (type === undefined) continue
    const content = readFileSync(join(folder, file))
    const isIndex = file === "index.html"
    const schema: FastifySchema = isIndex ? described : options.schema
    app.get(isIndex ? "/" : `/page/${file}`, { config, schema }, async (_, reply) =>
      reply.headers({ "content-type": type, "cache-control": "no-cache" }).send(content),
    )
  }
  // What the page shows depends on it; asking for what is not there would be an error in the browser's console.
  app.get("/page/server.json", options, async () => ({ keyNeeded, queue: queues !== undefined }))
}
