import cors from "@fastify/cors"
import helmet from "@fastify/helmet"
import type { FastifyInstance } from "fastify"

/**
 * Bounds what browsers do with answers, and whose pages may call.
 *
 * @param corsOrigin - origins with commas between, or `*`; `undefined` if no other page may call
 */
export async function limitBrowsers(app: FastifyInstance, corsOrigin: string | undefined): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", "data:"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: false,
  })
  if (corsOrigin !== undefined) await app.register(cors, { origin: originsOf(corsOrigin) })
}

const originsOf = (given: string) => (given === "*" ? "*" : given.split(",").map(origin => origin.trim()))
