import { once } from "node:events"
import { createServer } from "node:http"
import { type AddressInfo, connect } from "node:net"
import { afterEach, expect, it, vi } from "vitest"
import { openHub } from "../../src/hub/open-hub.ts"
import { TestHub } from "./test-hub.ts"

afterEach(() => vi.unstubAllEnvs())

/** A proxy that tunnels, and notes whereto. */
async function startProxy() {
  const tunnelled: string[] = []
  const server = createServer().on("connect", (request, client, head) => {
    tunnelled.push(request.url ?? "")
    const [host, port] = (request.url ?? "").split(":")
    const upstream = connect(Number(port), host, () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n")
      upstream.write(head)
      upstream.pipe(client).pipe(upstream)
    })
    for (const socket of [upstream, client]) socket.on("error", () => {})
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  return { tunnelled, server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

it.each([
  ["", 1],
  ["127.0.0.1", 0],
])("openHub - goes through HTTP_PROXY, but for the hosts of NO_PROXY: %o", async (noProxy, tunnels) => {
  await using hub = await TestHub.start()
  const proxy = await startProxy()
  vi.stubEnv("HTTP_PROXY", proxy.url)
  vi.stubEnv("http_proxy", proxy.url)
  vi.stubEnv("NO_PROXY", noProxy)
  vi.stubEnv("no_proxy", noProxy)
  const opened = openHub({ endpoint: hub.url, token: undefined }, { backoffMs: 0, onFailure() {}, signal: undefined })
  const response = await opened.fetch(`${hub.url}/api/models/a/b/revision/main`)
  expect(response.status).toBe(404)
  await response.text()
  expect(proxy.tunnelled).toHaveLength(tunnels)
  await opened.close()
  proxy.server.closeAllConnections()
  proxy.server.close()
})
