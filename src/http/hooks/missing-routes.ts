import type { FastifyInstance } from "fastify"
import { RequestError } from "../problem.ts"

/** A route's path as what matches it: `:id` is a segment, and `*` is the rest. */
function matcher(url: string): RegExp {
  const source = url
    .replace(/[.+?^${}()|[\]\\]/g, "\\$&")
    .replace(/:[^/]+/g, "[^/]+")
    .replace(/\*/g, ".*")
  return new RegExp(`^${source}$`)
}

/**
 * Answers what is no route: 405, with `Allow`, if the path has other methods, and 404 if there is no such path. Called
 * before routes are added, which it notes, and after hooks that look at requests before this one does.
 */
export function answerMissingRoutes(app: FastifyInstance): void {
  const paths = new Map<string, { readonly matches: RegExp; readonly methods: Set<string> }>()
  app.addHook("onRoute", ({ url, method }) => {
    const path = paths.get(url) ?? { matches: matcher(url), methods: new Set() }
    paths.set(url, path)
    for (const each of [method].flat()) path.methods.add(each)
  })
  // Before the body is read: that there is no such route says more than that its body is wrong.
  app.addHook("onRequest", async ({ method, url, is404 }) => {
    if (!is404) return
    const [path = ""] = url.split("?")
    const found = [...paths.values()].filter(({ matches }) => matches.test(path))
    const allow = [...new Set(found.flatMap(({ methods }) => [...methods]))].join(", ")
    if (allow === "") throw new RequestError(404, `no route has the path ${path}; /docs lists them`)
    throw new RequestError(405, `${path} has no method ${method}; it has ${allow}`, { allow })
  })
}
