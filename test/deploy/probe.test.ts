import { execFile } from "node:child_process"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { expect, it } from "vitest"

/** The exit code of the probe, in a container whose worker and server are on these ports. */
async function probe(endpoint: string, ports: { readonly work: number; readonly serve: number }): Promise<unknown> {
  const env = { ...process.env, VALENCE_PORT: String(ports.work), VALENCE_HTTP_PORT: String(ports.serve) }
  const [code] = await once(execFile(process.execPath, ["deploy/probe.js", endpoint], { env }), "exit")
  return code
}

/** Answers /livez with 200 and anything else with 503. */
async function answering() {
  const server = createServer((request, response) => {
    response.writeHead(request.url === "/livez" ? 200 : 503).end()
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  return { port, [Symbol.dispose]: () => server.close() }
}

/** A port on which nothing listens. */
async function freePort(): Promise<number> {
  const server = await answering()
  server[Symbol.dispose]()
  return server.port
}

it("probe.js - says how the worker of the container is", async () => {
  using work = await answering()
  const serve = await freePort()
  expect(await probe("livez", { work: work.port, serve })).toBe(0)
  expect(await probe("readyz", { work: work.port, serve })).toBe(1)
})

it("probe.js - says how the server of the container is, if no worker answers", async () => {
  using serve = await answering()
  const work = await freePort()
  expect(await probe("livez", { work, serve: serve.port })).toBe(0)
  expect(await probe("readyz", { work, serve: serve.port })).toBe(1)
})

it("probe.js - fails if nothing answers", async () => {
  expect(await probe("livez", { work: await freePort(), serve: await freePort() })).toBe(1)
})
