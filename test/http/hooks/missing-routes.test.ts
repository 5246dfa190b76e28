import { afterAll, beforeAll, expect, it } from "vitest"
import { startTestServer, type TestServer } from "../test-server.ts"

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.close())

it.each([
  ["GET", "/v1/label", "POST"],
  ["PUT", "/v1/label", "POST"],
  ["POST", "/v1/models", "GET, HEAD"],
  ["DELETE", "/livez", "GET, HEAD"],
  ["PATCH", "/v1/jobs/x", "GET, HEAD, DELETE"],
  ["GET", "/v1/corpus", "POST"],
  ["PUT", "/", "POST, GET, HEAD"],
])("%s %s - 405, and the methods that the path has", async (method, path, allow) => {
  const body = method === "PUT" || method === "PATCH" ? "not JSON" : null
  const response = await fetch(server.url + path, { method, body })
  const problem = (await response.json()) as { code: string }
  expect({
    status: response.status,
    code: problem.code,
    allow: new Set(response.headers.get("allow")?.split(", ")),
  }).toEqual({ status: 405, code: "method_not_allowed", allow: new Set(allow.split(", ")) })
})

it("a path that is not there - 404, whatever the method", async () => {
  expect((await fetch(`${server.url}/v1/nothing`, { method: "PUT" })).status).toBe(404)
})
