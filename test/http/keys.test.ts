import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { TestFleet } from "../queue/test-fleet.ts"
import { startTestServer, type TestServer } from "./test-server.ts"

const keys = {
  none: undefined,
  ann: "key-of-ann-0123456789",
  bob: "key-of-bob-0123456789",
  operator: "key-of-the-operator-0123",
} as const
type Who = keyof typeof keys

const secretText = "a text of ann"
const label = JSON.stringify({ text: "good" })
const secretLine = `${JSON.stringify({ custom_id: "1", method: "POST", url: "/v1/label", body: { text: secretText } })}\n`
const boundary = "--x\r\ncontent-disposition: form-data; name="
const form = `${boundary}"purpose"\r\n\r\nbatch\r\n${boundary}"file"; filename="a"\r\n\r\n${secretLine}\r\n--x--\r\n`

/** What a route answers, to each key. */
interface Row {
  readonly route: string
  /** Default: the route. JOB, FILE, BATCH and OUTPUT are ann's. */
  readonly path?: string
  readonly type?: string
  readonly body?: string
  readonly statuses: Readonly<Record<Who, number>>
}

const open = { none: 200, ann: 200, bob: 200, operator: 200 }
const anyKey = { ...open, none: 401 }
const ofAnn = { none: 401, ann: 200, bob: 404, operator: 404 }
const ofOperators = { none: 401, ann: 403, bob: 403, operator: 200 }
const json = "application/json"

const rows: readonly Row[] = [
  ...["/livez", "/readyz", "/health", "/"].map(path => ({ route: `GET ${path}`, statuses: open })),
  { route: "GET /page*", path: "/page/page.js", statuses: open },
  { route: "GET /docs*", path: "/docs/json", statuses: open },
  ...["/metrics", "/info", "/v1/model", "/v1/models", "/v1/queue", "/v1/queue/scale", "/v1/files", "/v1/batches"].map(
    path => ({
      route: `GET ${path}`,
      statuses: anyKey,
    }),
  ),
  { route: "POST /v1/label", type: json, body: label, statuses: anyKey },
  { route: "POST /v1/explain", type: json, body: label, statuses: anyKey },
  { route: "POST /", type: json, body: '{"inputs":"good"}', statuses: anyKey },
  { route: "POST /models/*", path: "/models/plain", type: json, body: '{"inputs":"good"}', statuses: anyKey },
  { route: "POST /predict", type: json, body: '{"inputs":"good"}', statuses: anyKey },
  { route: "POST /classify", type: json, body: '{"input":"good"}', statuses: anyKey },
  { route: "POST /v1/classify", type: json, body: '{"input":"good"}', statuses: anyKey },
  { route: "GET /v1/models*", path: "/v1/models/plain", statuses: anyKey },
  { route: "POST /v1/corpus", type: "text/csv", body: "text\ngood\n", statuses: anyKey },
  { route: "POST /v1/jobs", type: json, body: label, statuses: { ...anyKey, ann: 202, bob: 202, operator: 202 } },
  { route: "GET /v1/jobs/:id", path: "/v1/jobs/JOB", statuses: ofAnn },
  { route: "POST /v1/files", type: "multipart/form-data; boundary=x", body: form, statuses: anyKey },
  { route: "GET /v1/files/:id", path: "/v1/files/FILE", statuses: ofAnn },
  { route: "GET /v1/files/:id/content", path: "/v1/files/FILE/content", statuses: ofAnn },
  { route: "GET /v1/files/:id/content", path: "/v1/files/OUTPUT/content", statuses: ofAnn },
  {
    route: "POST /v1/batches",
    type: json,
    body: '{"input_file_id":"FILE","endpoint":"/v1/label","completion_window":"24h"}',
    statuses: { none: 401, ann: 200, bob: 400, operator: 400 },
  },
  { route: "GET /v1/batches/:id", path: "/v1/batches/BATCH", statuses: ofAnn },
  // It has ended.
  {
    route: "POST /v1/batches/:id/cancel",
    path: "/v1/batches/BATCH/cancel",
    statuses: { none: 401, ann: 409, bob: 404, operator: 404 },
  },
  { route: "GET /queues*", path: "/queues/", statuses: ofOperators },
  {
    route: "GET /queues*",
    path: "/queues/api/queues?activeQueue=valence-bulk&status=completed",
    statuses: ofOperators,
  },
  { route: "GET /queues*", path: "/queues/api/queues/valence-bulk/JOB", statuses: ofOperators },
  { route: "GET /queues*", path: "/queues/api/queues/valence-dead/x", statuses: { ...ofOperators, operator: 404 } },
  { route: "PUT /queues*", path: "/queues/api/queues/valence/pause", statuses: { ...ofOperators, operator: 405 } },
  { route: "POST /queues*", path: "/queues/api/queues/valence/add", statuses: { ...ofOperators, operator: 405 } },
  {
    route: "PATCH /queues*",
    path: "/queues/api/queues/valence/x/update-data",
    type: json,
    body: '{"jobData":{}}',
    statuses: { ...ofOperators, operator: 405 },
  },
  { route: "GET /v1/dead-letters", statuses: ofOperators },
  { route: "GET /v1/dead-letters/:id", path: "/v1/dead-letters/x", statuses: { ...ofOperators, operator: 404 } },
  { route: "POST /v1/dead-letters/retry", type: json, body: '{"all":true}', statuses: ofOperators },
  { route: "POST /v1/dead-letters/drop", type: json, body: '{"all":true}', statuses: ofOperators },
  // What is removed, last.
  { route: "DELETE /v1/jobs/:id", path: "/v1/jobs/JOB", statuses: { none: 401, bob: 404, operator: 404, ann: 204 } },
  { route: "DELETE /v1/files/:id", path: "/v1/files/FILE", statuses: { none: 401, bob: 404, operator: 404, ann: 200 } },
]

let fleet: TestFleet
let server: TestServer
const folder = new TemporaryFolder()
const ids: Record<string, string> = {}

function ask(who: Who, route: string, path = route.split(" ")[1] ?? "", type?: string, body?: string) {
  const [method = ""] = route.split(" ")
  const named = (text: string) => text.replace(/JOB|FILE|BATCH|OUTPUT/, name => ids[name] ?? name)
  const headers = { ...(keys[who] && { authorization: `Bearer ${keys[who]}` }), ...(type && { "content-type": type }) }
  return fetch(server.url + named(path), { method, headers, ...(body && { body: named(body) }) })
}

async function idOf(answer: Response): Promise<string> {
  return ((await answer.json()) as { id: string }).id
}

beforeAll(async () => {
  fleet = await TestFleet.open()
  await fleet.worker()
  const producer = await fleet.producer()
  server = await startTestServer({
    labeller: producer,
    others: [],
    options: {
      apiKeysFile: folder.write("keys", `ann:${keys.ann}\nbob:${keys.bob}\n`),
      operatorKeysFile: folder.write("operators", `${keys.operator}\n`),
    },
  })
  ids["JOB"] = await idOf(await ask("ann", "POST /v1/jobs", undefined, json, JSON.stringify({ text: secretText })))
  await ask("ann", "GET /v1/jobs", `/v1/jobs/${ids["JOB"]}?wait=20`)
  ids["FILE"] = await idOf(await ask("ann", "POST /v1/files", undefined, "multipart/form-data; boundary=x", form))
  const order = { input_file_id: ids["FILE"], endpoint: "/v1/label", completion_window: "24h" }
  ids["BATCH"] = await idOf(await ask("ann", "POST /v1/batches", undefined, json, JSON.stringify(order)))
  for (let status = ""; status !== "completed"; ) {
    const batch = (await (await ask("ann", "GET /v1/batches", `/v1/batches/${ids["BATCH"]}`)).json()) as Record<
      string,
      string
    >
    status = batch["status"] ?? ""
    ids["OUTPUT"] = batch["output_file_id"] ?? ""
    await new Promise(resolve => setTimeout(resolve, 20))
  }
})
afterAll(async () => {
  await server.close()
  await fleet[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

/**
 * The routes of a tree such as `├── v1/ │   ├── label (POST)`: each line goes on where the one that it hangs on ended. Fastify prints
 * `/models/*` as `/*`.
 */
function routesOf(tree: string): string[] {
  const prefixes: string[] = []
  return tree.split("\n").flatMap(line => {
    const [, indent = "", part = "", methods = ""] = /^([│ ]*)[├└]── (\S*)(?: \(([A-Z, ]+)\))?$/.exec(line) ?? []
    const level = indent.length / 4
    const path = (prefixes[level - 1] ?? "") + part
    prefixes[level] = path
    return methods === "" ? [] : methods.split(", ").map(method => `${method} ${path === "/*" ? "/models/*" : path}`)
  })
}

it("/queues without operator keys - is off if there are API keys", async () => {
  const apiKeysFile = folder.write("more-keys", `ann:${keys.ann}\n`)
  await using server = await startTestServer({ labeller: await fleet.producer(), options: { apiKeysFile } })
  expect((await fetch(`${server.url}/queues/`)).status).toBe(401)
  const answer = await fetch(`${server.url}/queues/`, { headers: { authorization: `Bearer ${keys.ann}` } })
  expect(answer.status).toBe(403)
  expect(((await answer.json()) as { detail: string }).detail).toContain("--operator-keys-file")
  await using open = await startTestServer({ labeller: await fleet.producer() })
  expect((await fetch(`${open.url}/queues/`)).status).toBe(200)
})

describe("routes x keys", () => {
  it("every route of the server is in the table", () => {
    const routes = routesOf(server.app.printRoutes({ commonPrefix: false }))
    expect(routes.length).toBeGreaterThan(rows.length)
    const inTable = (route: string) =>
      rows.some(row => route === row.route || (row.route.endsWith("*") && route.startsWith(row.route.slice(0, -1))))
    // HEAD comes with GET; a preflight asks for no key.
    const asked = routes.map(route => route.replace(/^HEAD/, "GET")).filter(route => !route.startsWith("OPTIONS"))
    expect(asked.filter(route => !inTable(route))).toEqual([])
  })

  it.each(rows)("$route $path", async ({ route, path, type, body, statuses }) => {
    const got: Record<string, number> = {}
    for (const who of Object.keys(statuses) as Who[]) {
      const answer = await ask(who, route, path, type, body)
      const text = await answer.text()
      got[who] = answer.status
      if (who !== "ann" && who !== "operator" && !body?.includes(secretText)) expect(text).not.toContain(secretText)
    }
    expect(got).toEqual(statuses)
  })
})
