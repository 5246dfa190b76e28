/* The public names of the server, apart from `index.ts`: a program that labels in its own process should not load fastify. */
export { WorkerEmitter, type WorkerEvents } from "./events.ts"
export { createServer, type ServerRequest } from "./http/create-server.ts"
export type { ServerOptions } from "./http/options.ts"
export type { Server } from "./http/server.ts"
