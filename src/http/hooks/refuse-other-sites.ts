import type { FastifyRequest } from "fastify"
import { RequestError } from "../problem.ts"

/**
 * Refuses what a browser sends on behalf of a page of another site: it adds the password that it knows for `/queues`, and a
 * server without keys asks for none. Browsers say where a request comes from; other clients say nothing, and are let through.
 *
 * @throws RequestError 403
 */
export async function refuseOtherSites({ headers, host }: FastifyRequest): Promise<void> {
  const site = headers["sec-fetch-site"]
  const { origin } = headers
  const isOther =
    site === undefined ? origin !== undefined && hostOf(origin) !== host : site !== "same-origin" && site !== "none"
  if (isOther) throw new RequestError(403, "pages of other sites may not do this")
}

const hostOf = (origin: string) => origin.replace(/^[a-z]+:\/\//, "")
