import type { FastifyInstance } from "fastify"
import type { ServerContext } from "../server-context.ts"

/** `/livez`: the process is there; `/readyz`: it labels what comes now. */
export function addHealth(app: FastifyInstance, { readiness }: ServerContext, config: { readonly open: true }): void {
  const text = (description: string) => ({ description, content: { "text/plain": { schema: { type: "string" } } } })
  const schema = (operationId: string, summary: string, response: Readonly<Record<number, unknown>>) => ({
    tags: ["Health"],
    operationId,
    summary,
    response,
  })
  app.get(
    "/livez",
    { config, schema: schema("getLiveness", "Whether the process is there", { 200: text("It is") }) },
    async (_, reply) => {
      return reply.type("text/plain; charset=utf-8").send("live\n")
    },
  )
  app.get(
    "/readyz",
    {
      config,
      schema: schema("getReadiness", "Whether the server can label now", {
        200: text("It can"),
        503: text("Why it cannot"),
      }),
    },
    async (_, reply) => {
      const problem = await readiness.problem()
      reply.status(problem === undefined ? 200 : 503).type("text/plain; charset=utf-8")
      return reply.header("cache-control", "no-store").send(`${problem ?? "ready"}\n`)
    },
  )
}
