import swagger from "@fastify/swagger"
import swaggerUi from "@fastify/swagger-ui"
import type { FastifyInstance } from "fastify"
import { version } from "../../files/version.ts"
import { nameSchemas, nameWildcards } from "./openapi-names.ts"

const description = `Labels text with sentiment. Every answer has a request id in \`x-request-id\`; what fails is answered as problem
details (RFC 9457) whose \`code\` is stable. If the server asks for an API key, send \`Authorization: Bearer KEY\`.`

/** Describes the routes that are added later, from the schemas that validate them: \`/docs\` for people, \`/docs/json\` for programs. */
export async function describeApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Valence", version, description, license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
      servers: [{ url: "/" }],
      components: { securitySchemes: { key: { type: "http", scheme: "bearer" } } },
      security: [{ key: [] }, {}],
    },
    transformObject: document =>
      "openapiObject" in document ? nameSchemas(nameWildcards(document.openapiObject)) : document.swaggerObject,
  })
  app.addHook("onRoute", route => {
    if (route.url.startsWith("/docs")) route.config = { ...route.config, open: true }
  })
  await app.register(swaggerUi, { routePrefix: "/docs", staticCSP: true })
}
