import { once } from "node:events"
import { createServer } from "node:http"
import { type AddressInfo, connect } from "node:net"
import { afterEach, describe, expect, it, vi } from "vitest"
import { ValenceError } from "../../src/errors.ts"
import { listCommit } from "../../src/hub/list-commit.ts"
import { openHub } from "../../src/hub/open-hub.ts"
import { TestHub, tinyFiles } from "./test-hub.ts"

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

describe("openHub, of a hub that is not to be trusted", () => {
  const open = (url: string) =>
    openHub({ endpoint: url, token: "hf_secret" }, { backoffMs: 0, onFailure() {}, signal: undefined })

  it.each([
    "http://169.254.169.254/latest/meta-data",
    "http://168.63.129.16/machine",
    "http://[::127.0.0.1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://10.0.0.1/",
    "http://192.168.1.1/",
    "http://[fd00:ec2::254]/",
    "http://0x7f000001.example/",
    "http://2852039166/",
  ])("a redirect to %s - is refused, and nothing is asked there", async location => {
    await using hub = await TestHub.start()
    hub.redirect = () => location
    vi.stubEnv("NO_PROXY", "*")
    const opened = open(hub.url)
    const name = { id: "someone/tiny", revision: "main" }
    const error = await listCommit(name, opened).catch(error => error)
    expect(error).toBeInstanceOf(ValenceError)
    if (!location.includes("example"))
      expect(error).toMatchObject({
        code: "hub_denied",
        message: expect.stringMatching(
          /^model someone\/tiny: the hub http:\/\/127\.0\.0\.1:\d+ must not lead to an address that is not public; it leads to \S+ \(\w+\)$/,
        ),
      })
    await opened.close()
  })

  it("a repository that was renamed - is followed within the hub, with the token", async () => {
    await using hub = await TestHub.start()
    hub.token = "hf_secret"
    const commit = hub.put("someone/renamed", tinyFiles())
    hub.redirect = path => (path.includes("someone/tiny") ? path.replace("someone/tiny", "someone/renamed") : undefined)
    const opened = open(hub.url)
    expect(await listCommit({ id: "someone/tiny", revision: "main" }, opened)).toMatchObject({ commit })
    await opened.close()
  })

  it.each([
    ["a list that is none", {}],
    ["an entry that is none", [null]],
    ["a name that is no text", [{ type: "file", path: 1, size: 1, oid: "0".repeat(40) }]],
    ["a size below 0", [{ type: "file", path: "config.json", size: -1, oid: "0".repeat(40) }]],
    ["no checksum", [{ type: "file", path: "config.json", size: 1 }]],
    ["a checksum that is none", [{ type: "file", path: "config.json", size: 1, lfs: { oid: "../..", size: 1 } }]],
    [
      "more files than a model has",
      Array.from({ length: 10_001 }, () => ({ type: "file", path: "x", size: 1, oid: "0".repeat(40) })),
    ],
  ])("%s - hub_failed", async (_, tree) => {
    await using hub = await TestHub.start()
    hub.put("someone/tiny", tinyFiles())
    hub.answer = path => (path.includes("/tree/") ? tree : undefined)
    const opened = open(hub.url)
    await expect(listCommit({ id: "someone/tiny", revision: "main" }, opened)).rejects.toMatchObject({
      code: "hub_failed",
    })
    await opened.close()
  })

  it.each(["/revision/", "/tree/"])("%s that never ends - is refused", async path => {
    await using hub = await TestHub.start()
    hub.put("someone/tiny", tinyFiles())
    hub.endless = path
    const opened = open(hub.url)
    await expect(listCommit({ id: "someone/tiny", revision: "main" }, opened)).rejects.toMatchObject({
      code: "hub_denied",
      message: expect.stringContaining("must have at most 16000000 bytes; it has more: HF_ENDPOINT must name a hub"),
    })
    await opened.close()
  })
})
