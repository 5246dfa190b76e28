import { once } from "node:events"
import http from "node:http"
import OpenAI, { toFile } from "openai"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { BatchStore } from "../../src/http/batches/batch-store.ts"
import type { ServerOptions } from "../../src/http/options.ts"
import { plainClassifier } from "../classifier/plain-classifier.ts"
import { eventually, heldLabeller, TestFleet } from "../queue/test-fleet.ts"
import { findPythonClients, runPython } from "./python-clients.ts"
import { startTestServer, type TestServer } from "./test-server.ts"

const python = findPythonClients()

/** A server in front of a fleet. */
async function startFront(fleet: TestFleet, options: ServerOptions = {}): Promise<TestServer> {
  const producer = await fleet.producer({ whenFull: "reject" })
  return startTestServer({ labeller: producer, options })
}

const clientOf = ({ url }: TestServer, apiKey = "none") => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 })

/** A line of an input file. */
const line = (customId: string, body: unknown, more: object = {}) =>
  JSON.stringify({ custom_id: customId, method: "POST", url: "/v1/label", body, ...more })

const upload = async (client: OpenAI, lines: readonly string[]) =>
  client.files.create({ file: await toFile(Buffer.from(lines.join("\n")), "input.jsonl"), purpose: "batch" })

/** The endpoint is none of OpenAI's own. */
const create = (client: OpenAI, inputFile: string, more: object = {}) =>
  client.batches.create({
    input_file_id: inputFile,
    endpoint: "/v1/label" as "/v1/embeddings",
    completion_window: "24h",
    ...more,
  })

async function ended(client: OpenAI, id: string): Promise<OpenAI.Batch> {
  const underWay = new Set(["validating", "in_progress", "finalizing", "cancelling"])
  await eventually(async () => !underWay.has((await client.batches.retrieve(id)).status))
  return client.batches.retrieve(id)
}

/** A line of an output or error file. */
interface Answer {
  readonly id: string
  readonly custom_id: string | null
  readonly response: { readonly status_code: number; readonly request_id: string; readonly body: unknown } | null
  readonly error: { readonly code: string; readonly message: string; readonly line: number } | null
}

async function answersOf(client: OpenAI, file: string | null | undefined): Promise<Answer[]> {
  const text = await (await client.files.content(file as string)).text()
  expect(text.endsWith("\n")).toBe(true)
  return text
    .trimEnd()
    .split("\n")
    .map(each => JSON.parse(each) as Answer)
}

describe("files and batches, by the openai client", () => {
  let fleet: TestFleet
  let servers: [TestServer, TestServer]
  let client: OpenAI
  let other: OpenAI
  beforeAll(async () => {
    fleet = await TestFleet.open()
    await fleet.worker()
    servers = [await startFront(fleet), await startFront(fleet, { maxFileBytes: 300_000, maxTexts: 3 })]
    client = clientOf(servers[0])
    other = clientOf(servers[1])
  })
  afterAll(async () => {
    for (const server of servers) await server.close()
    await fleet[Symbol.asyncDispose]()
  })

  it("a file of requests - is labelled, each line once and in order, and any server gives the output", async () => {
    const texts = Array.from({ length: 700 }, (_, index) => "x".repeat(1 + (index % 7)))
    const lines = texts.map((text, index) => line(`row-${index}`, index % 5 === 0 ? { text, topK: 1 } : { text }))
    const file = await upload(client, lines)
    expect(file).toMatchObject({ object: "file", purpose: "batch", filename: "input.jsonl", status: "processed" })
    const created = await create(client, file.id, { metadata: { run: "7" } })
    expect(created).toMatchObject({
      object: "batch",
      status: "validating",
      input_file_id: file.id,
      metadata: { run: "7" },
    })
    const batch = await ended(other, created.id)
    expect(batch).toMatchObject({
      status: "completed",
      request_counts: { total: 700, completed: 700, failed: 0 },
      error_file_id: null,
      completed_at: expect.any(Number),
      in_progress_at: expect.any(Number),
    })
    const answers = await answersOf(other, batch.output_file_id)
    expect(answers.map(({ custom_id }) => custom_id)).toEqual(texts.map((_, index) => `row-${index}`))
    expect(answers[10]).toEqual({
      id: expect.stringMatching(/^batch_req_[\da-f]{32}_11$/),
      custom_id: "row-10",
      response: {
        status_code: 200,
        request_id: answers[10]?.id,
        body: {
          model: expect.objectContaining({ name: "plain" }),
          results: [expect.objectContaining({ label: "POSITIVE", scores: expect.any(Array) })],
        },
      },
      error: null,
    })
  })

  it("lines whose values cannot be shown - have their error, and their neighbours their labels", async () => {
    const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`
    const odd = '{"toString":1,"valueOf":1}'
    const raw = (customId: string, method: string, url: string, body: string) =>
      `{"custom_id":${customId},"method":${method},"url":${url},"body":${body}}`
    const [post, label, body] = ['"POST"', '"/v1/label"', '{"text":"x"}']
    const hostile = [odd, nested(20_000), `{"__proto__":${odd}}`, '"\\ud800"', "1e999", "null"].flatMap(
      (value, index) => [
        raw(value, post, label, body),
        raw(`"method-${index}"`, value, label, body),
        raw(`"url-${index}"`, post, value, body),
        raw(`"body-${index}"`, post, label, value),
        raw(`"text-${index}"`, post, label, `{"text":${value}}`),
        raw(`"model-${index}"`, post, label, `{"text":"x","model":${value}}`),
        raw(`"name-${index}"`, post, label, `{"text":"x","name":${value}}`),
        value,
      ],
    )
    const lines = hostile.flatMap((each, index) => [line(`good-${index}`, { text: "xx" }), each])
    const created = await create(client, (await upload(client, lines)).id)
    const batch = await ended(client, created.id)
    expect(batch).toMatchObject({ status: "completed", request_counts: { total: lines.length } })
    const [good, bad] = [await answersOf(client, batch.output_file_id), await answersOf(client, batch.error_file_id)]
    // A lone surrogate is a text, and a custom id.
    expect(good.filter(({ custom_id }) => custom_id?.startsWith("good-"))).toHaveLength(hostile.length)
    expect(good.length + bad.length).toBe(lines.length)
    for (const { error, response } of bad) expect(error ?? response?.body).toMatchObject({ code: expect.any(String) })
  })

  it("lines that fail, or cannot be read - have their own error, and their neighbours labels", async () => {
    const lines = [
      line("good", { texts: ["a", "FAIL"] }),
      "{not json",
      "",
      line("fails", { text: "FAIL" }),
      line("good", { text: "again" }),
      line("empty body", {}),
      line("odd", { text: "a", top: 1 }),
      line("model", { text: "a", model: "gpt" }),
      line("url", { text: "a" }, { url: "/v1/embeddings" }),
      line("method", { text: "a" }, { method: "GET" }),
      JSON.stringify({ method: "POST", url: "/v1/label", body: { text: "a" } }),
      line("long", { text: "a", maxLength: 1000 }),
      line("lexicon", { text: "good", model: "mvp" }),
      "[]",
      line("last", { text: "bb" }),
    ]
    const batch = await ended(client, (await create(client, (await upload(client, lines)).id)).id)
    expect(batch).toMatchObject({ status: "completed", request_counts: { total: 14, completed: 3, failed: 11 } })
    const good = await answersOf(client, batch.output_file_id)
    expect(good.map(({ custom_id }) => custom_id)).toEqual(["good", "lexicon", "last"])
    const bad = await answersOf(client, batch.error_file_id)
    const shown = bad.map(({ custom_id, response, error }) => [
      custom_id,
      error?.code ?? response?.status_code,
      error?.message ?? (response?.body as { detail?: string } | undefined)?.detail,
    ])
    expect(shown).toEqual([
      [null, "invalid_line", expect.stringMatching(/^line 2 must be JSON: /)],
      ["fails", 422, "cannot label 4 characters"],
      ["good", "duplicate_custom_id", "line 5 must have a custom_id of its own"],
      ["empty body", 400, "/body must have text or texts; it has neither"],
      ["odd", 400, "/body/top is not known"],
      ["model", 404, 'model must be one of plain, mvp; got "gpt"'],
      ["url", "invalid_line", 'line 9 must have url "/v1/label"; got "/v1/embeddings"'],
      ["method", "invalid_line", 'line 10 must have method "POST"; got "GET"'],
      [null, "invalid_line", "line 11 must have a custom_id of 1 to 512 characters; got undefined"],
      ["long", 400, "maxLength must be a whole number of tokens, 2 to 512 for plain; got 1000"],
      [null, "invalid_line", "line 14 must be a JSON object"],
    ])
    expect(bad[0]).toMatchObject({ response: null, error: { line: 2 } })
  })

  it("a file without a line - fails, and says why", async () => {
    const batch = await ended(client, (await create(client, (await upload(client, ["", ""])).id)).id)
    expect(batch).toMatchObject({
      status: "failed",
      errors: { data: [{ code: "empty_file", message: "the input file has no line that is not empty" }] },
    })
  })

  it("files - are listed, shown, downloaded and removed", async () => {
    const first = await upload(client, [line("1", { text: "a" })])
    const second = await upload(client, [line("2", { text: "a" })])
    const newest = await client.files.list({ limit: 1, purpose: "batch" })
    expect([newest.data.map(({ id }) => id), newest.has_more]).toEqual([[second.id], true])
    const all: string[] = []
    for await (const { id } of other.files.list({ limit: 2 })) all.push(id)
    expect(all.slice(0, 2)).toEqual([second.id, first.id])
    expect(await client.files.retrieve(first.id)).toEqual(first)
    expect(await (await other.files.content(first.id)).text()).toBe(line("1", { text: "a" }))
    expect(await other.files.delete(first.id)).toEqual({ id: first.id, object: "file", deleted: true })
    await expect(client.files.retrieve(first.id)).rejects.toMatchObject({ status: 404 })
    await expect(client.files.content(first.id)).rejects.toMatchObject({ status: 404 })
  })

  it("batches - are listed, page by page", async () => {
    const { id: file } = await upload(client, [line("1", { text: "a" })])
    const made: string[] = []
    for (let count = 0; count < 3; count++) made.unshift((await create(client, file)).id)
    const page = await client.batches.list({ limit: 2 })
    expect([page.data.map(({ id }) => id), page.has_more]).toEqual([made.slice(0, 2), true])
    expect((await page.getNextPage()).data[0]?.id).toBe(made[2])
    await expect(client.batches.list({ after: "batch_none" })).rejects.toMatchObject({ status: 400 })
    for (const id of made) await ended(client, id)
  })

  it("a batch that is completed - cannot be taken back: 409", async () => {
    const { id } = await create(client, (await upload(client, [line("1", { text: "a" })])).id)
    await ended(client, id)
    await expect(client.batches.cancel(id)).rejects.toMatchObject({
      status: 409,
      message: `409 the batch ${id} cannot be cancelled: it is completed`,
    })
  })

  it.each([
    ["an unknown input file", { input_file_id: "file-none" }, /^400 no file has the id file-none \(input_file_id\)/],
    ["another endpoint", { endpoint: "/v1/embeddings" }, /^400 \/body\/endpoint must be one of \/v1\/label/],
    ["another window", { completion_window: "1h" }, /^400 \/body\/completion_window must be one of 24h/],
  ])("%s - 400", async (_, body, message) => {
    await expect(create(client, "file-0", body)).rejects.toMatchObject({
      status: 400,
      type: "invalid_request_error",
      message: expect.stringMatching(message),
    })
  })

  it("an unknown file, or batch - 404 in OpenAI's JSON", async () => {
    const asked = [
      () => client.files.retrieve("file-none"),
      () => client.files.content("file-none"),
      () => client.files.delete("file-none"),
      () => client.batches.retrieve("batch_none"),
      () => client.batches.cancel("batch_none"),
    ]
    for (const ask of asked)
      await expect(ask()).rejects.toMatchObject({ status: 404, code: "not_found", type: "invalid_request_error" })
  })

  it("another purpose - 400, and nothing is kept", async () => {
    const sent = client.files.create({ file: await toFile(Buffer.from("{}"), "a.jsonl"), purpose: "fine-tune" })
    await expect(sent).rejects.toMatchObject({
      status: 400,
      param: "purpose",
      message: "400 /body/purpose must be one of batch",
    })
    const known = (await client.files.list()).data.map(({ id }) => `http:file:${id}`)
    await eventually(async () =>
      (await fleet.keys()).filter(key => key.startsWith("http:file:")).every(key => known.includes(key)),
    )
  })

  it("an output file as input - 400", async () => {
    const { id } = await upload(client, [line("1", { text: "a" })])
    const { output_file_id: output } = await ended(client, (await create(client, id)).id)
    await expect(create(client, output as string)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining("must be a file with purpose batch"),
    })
  })

  it("a file that is too large - 413", async () => {
    const sent = upload(other, ["x".repeat(300_001)])
    await expect(sent).rejects.toMatchObject({
      status: 413,
      message: "413 a file must have at most 300000 bytes (maxFileBytes)",
    })
    expect((await upload(other, ["x".repeat(300_000)])).bytes).toBe(300_000)
  })

  it("more than all files may have together - 413", async () => {
    await using full = await startFront(fleet, { maxStoredBytes: 10 })
    await expect(upload(clientOf(full), ["x"])).rejects.toMatchObject({
      status: 413,
      message: expect.stringContaining("files must have at most 10 bytes together (maxStoredBytes)"),
    })
  })

  it("a form without a file, or with something else - 400", async () => {
    const post = async (form: FormData) => {
      const response = await fetch(`${servers[0].url}/v1/files`, { method: "POST", body: form })
      return [response.status, ((await response.json()) as { error: { message: string } }).error.message]
    }
    const form = new FormData()
    form.set("purpose", "batch")
    expect(await post(form)).toEqual([400, "/body/file must be a file"])
    form.set("more", "x")
    expect(await post(form)).toEqual([400, "/body/more is not known"])
    const broken = await fetch(`${servers[0].url}/v1/files`, {
      method: "POST",
      headers: { "content-type": "multipart/form-data; boundary=x" },
      body: "--x\r\nhalf",
    })
    expect(broken.status).toBe(400)
  })

  it("a form that does not go on - 408", async () => {
    await using server = await startFront(fleet, { bodyTimeoutMs: 50 })
    for (const sent of [
      "--x\r\ncontent-dispo",
      '--x\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nhalf',
    ]) {
      const request = http.request(`${server.url}/v1/files`, {
        method: "POST",
        headers: { "content-type": "multipart/form-data; boundary=x", "content-length": 1000 },
      })
      request.on("error", () => {})
      request.write(sent)
      const [answer] = (await once(request, "response")) as [http.IncomingMessage]
      expect(answer.statusCode).toBe(408)
      request.destroy()
    }
  })

  it.skipIf(python === undefined)("by Python's client - the same", async () => {
    const script = `
import io, json, sys, time
from openai import OpenAI, NotFoundError
client = OpenAI(base_url=sys.argv[1] + "/v1", api_key="none", max_retries=0)
lines = [json.dumps({"custom_id": str(n), "method": "POST", "url": "/v1/label", "body": {"text": "x" * (n + 1)}}) for n in range(3)]
file = client.files.create(file=("in.jsonl", "\\n".join(lines + ["oops"]).encode()), purpose="batch")
batch = client.batches.create(input_file_id=file.id, endpoint="/v1/label", completion_window="24h", metadata={"a": "b"})
try:
    client.batches.cancel("batch_none")
except NotFoundError:
    pass
while batch.status not in ("completed", "failed"):
    time.sleep(0.05)
    batch = client.batches.retrieve(batch.id)
output = [json.loads(line) for line in client.files.content(batch.output_file_id).text.splitlines()]
errors = [json.loads(line) for line in client.files.content(batch.error_file_id).text.splitlines()]
listed = next(iter(client.batches.list(limit=1))).id == batch.id
client.files.delete(file.id)
try:
    client.files.retrieve(file.id)
except NotFoundError as error:
    gone = error.body["code"]
print(json.dumps([batch.status, [line["custom_id"] for line in output], [line["error"]["code"] for line in errors], listed, gone]))`
    expect(await runPython(python as string, script, servers[0].url)).toEqual([
      "completed",
      ["0", "1", "2"],
      ["invalid_line"],
      true,
      "not_found",
    ])
  })
})

describe("expires_after and output_expires_after", () => {
  const expires_after = { anchor: "created_at", seconds: 3600 } as const

  it("of the openai client - files are kept for that long", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    await using server = await startFront(fleet)
    const client = clientOf(server)
    const file = await toFile(Buffer.from(line("a", { text: "good" })), "input.jsonl")
    const input = await client.files.create({ file, purpose: "batch", expires_after })
    expect((input.expires_at as number) - input.created_at).toBe(3600)
    const batch = await create(client, input.id, { output_expires_after: expires_after })
    const output = await client.files.retrieve((await ended(client, batch.id)).output_file_id as string)
    expect((output.expires_at as number) - output.created_at).toBe(3600)
  })

  it("an input - is kept while a batch needs it, and then no longer than was asked for", async () => {
    await using fleet = await TestFleet.open()
    const { labeller, held, letGo } = heldLabeller()
    await fleet.worker({ labeller })
    await using server = await startFront(fleet)
    const client = clientOf(server)
    const file = await toFile(Buffer.from(line("a", { text: "good" })), "input.jsonl")
    const { id } = await client.files.create({ file, purpose: "batch", expires_after })
    const keptSeconds = async () => (await fleet.redis.pttl(`${fleet.keyPrefix}:http:file:${id}`)) / 1000
    const [one, other] = [await create(client, id), await create(client, id)]
    await eventually(() => held.length > 0)
    expect(await keptSeconds()).toBeGreaterThan(80_000)
    await client.batches.cancel(one.id)
    expect(await ended(client, one.id)).toMatchObject({ status: "cancelled" })
    expect(await keptSeconds()).toBeGreaterThan(80_000)
    letGo()
    expect(await ended(client, other.id)).toMatchObject({ status: "completed" })
    await eventually(async () => (await keptSeconds()) <= 3600)
    const { expires_at, created_at } = await client.files.retrieve(id)
    expect((expires_at as number) - created_at).toBe(3600)
  })

  it("that cannot be - 400, by their names", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    await using server = await startFront(fleet, { keepFileSeconds: 7200 })
    const client = clientOf(server)
    const send = async (expires: object) =>
      client.files.create({
        file: await toFile(Buffer.from(line("a", { text: "good" })), "input.jsonl"),
        purpose: "batch",
        expires_after: expires as typeof expires_after,
      })
    const refused = (message: string) => ({ status: 400, message: expect.stringContaining(message) })
    await expect(send({ anchor: "created_at", seconds: 7201 })).rejects.toMatchObject(
      refused("/body/expires_after/seconds must be at most 7200"),
    )
    await expect(send({ anchor: "last_active_at", seconds: 3600 })).rejects.toMatchObject(
      refused("/body/expires_after/anchor must be one of created_at"),
    )
    await expect(send({ anchor: "created_at", seconds: 1 })).rejects.toMatchObject(
      refused("/body/expires_after/seconds must be >= 3600"),
    )
    const input = await send(expires_after)
    await expect(
      create(client, input.id, { output_expires_after: { anchor: "created_at", seconds: 9999 } }),
    ).rejects.toMatchObject(refused("/body/output_expires_after/seconds must be at most 7200"))
  })
})

describe("batches that wait", () => {
  it(".cancel() - is cancelled, and what is labelled is kept", async () => {
    await using fleet = await TestFleet.open()
    const { labeller, held } = heldLabeller()
    await fleet.worker({ labeller })
    await using server = await startFront(fleet)
    const client = clientOf(server)
    const lines = [line("lexicon", { text: "good", model: "mvp" }), line("held", { text: "a" })]
    const many = [
      ...Array.from({ length: 256 }, (_, n) => line(`first-${n}`, { text: "good", model: "mvp" })),
      ...lines,
    ]
    const { id } = await create(client, (await upload(client, many)).id)
    await eventually(() => held.length > 0)
    await eventually(async () => (await client.batches.retrieve(id)).request_counts?.completed === 256)
    expect((await client.batches.cancel(id)).status).toBe("cancelling")
    const batch = await ended(client, id)
    expect(batch).toMatchObject({
      status: "cancelled",
      cancelled_at: expect.any(Number),
      request_counts: { total: 258, completed: 256 },
    })
    expect(await answersOf(client, batch.output_file_id)).toHaveLength(256)
    expect((await client.batches.cancel(id)).status).toBe("cancelled")
  })

  it("a server that stops - leaves its batches to another at once", async () => {
    await using fleet = await TestFleet.open()
    const { labeller, held, letGo } = heldLabeller()
    await fleet.worker({ labeller })
    const first = await startFront(fleet)
    const lines = Array.from({ length: 600 }, (_, n) => line(String(n), { text: "x".repeat(1 + (n % 9)) }))
    const { id } = await create(clientOf(first), (await upload(clientOf(first), lines)).id)
    await eventually(() => held.length > 0)
    await first.close()
    letGo()
    await using second = await startFront(fleet)
    const batch = await ended(clientOf(second), id)
    expect(batch).toMatchObject({ status: "completed", request_counts: { completed: 600 } })
    const answers = await answersOf(clientOf(second), batch.output_file_id)
    expect(answers.map(({ custom_id }) => custom_id)).toEqual(lines.map((_, n) => String(n)))
  })

  it("a server that is killed when it has stored a batch, and not queued it - one that starts takes it up, or one that runs", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    const store = new BatchStore(fleet.redis, fleet.keyPrefix, 100)
    const first = await startFront(fleet)
    const { id: inputFile } = await upload(clientOf(first), [line("1", { text: "a" })])
    await first.close()
    const one = await store.create({ owner: "", inputFile, metadata: null })
    const taken = await store.create({ owner: "", inputFile, metadata: null })
    await store.move(taken.id, ["validating"], "cancelling")
    await using second = await startFront(fleet)
    const client = clientOf(second)
    expect(await ended(client, one.id)).toMatchObject({ status: "completed", request_counts: { completed: 1 } })
    expect(await ended(client, taken.id)).toMatchObject({ status: "cancelled" })
    const other = await store.create({ owner: "", inputFile, metadata: null })
    expect(await ended(client, other.id)).toMatchObject({ status: "completed", request_counts: { completed: 1 } })
    // Nothing is kept of those that have ended.
    await eventually(async () => (await store.open()).length === 0)
    expect(await fleet.redis.exists(`${fleet.keyPrefix}:http:open-batches`)).toBe(0)
  })

  it("an input file that is removed while its batch waits - fails, and says so", async () => {
    await using fleet = await TestFleet.open()
    const { labeller, held, letGo } = heldLabeller()
    await fleet.worker({ labeller })
    const first = await startFront(fleet)
    const { id: file } = await upload(clientOf(first), [line("1", { text: "a" })])
    const { id } = await create(clientOf(first), file)
    await eventually(() => held.length > 0)
    await clientOf(first).files.delete(file)
    await first.close()
    letGo()
    await using second = await startFront(fleet)
    expect(await ended(clientOf(second), id)).toMatchObject({
      status: "failed",
      errors: { data: [{ code: "input_file_missing", message: expect.stringContaining(`${file} no longer exists`) }] },
    })
  })

  it("a batch whose time is over - is expired, and each line says so", async () => {
    await using fleet = await TestFleet.open()
    const { labeller, held } = heldLabeller()
    await fleet.worker({ labeller })
    const first = await startFront(fleet)
    const { id } = await create(clientOf(first), (await upload(clientOf(first), [line("1", { text: "a" })])).id)
    await eventually(() => held.length > 0)
    await first.close()
    const key = `${fleet.keyPrefix}:http:batch:${id}`
    const about = JSON.parse((await fleet.redis.hget(key, "about")) as string) as object
    await fleet.redis.hset(key, "about", JSON.stringify({ ...about, expiresMs: Date.now() }))
    await using second = await startFront(fleet)
    const batch = await ended(clientOf(second), id)
    expect(batch).toMatchObject({ status: "expired", request_counts: { failed: 1 }, output_file_id: null })
    expect(await answersOf(clientOf(second), batch.error_file_id)).toMatchObject([
      { custom_id: "1", error: { code: "batch_expired", line: 1 } },
    ])
  })
})

it("what becomes of long texts - is as each line says", async () => {
  await using fleet = await TestFleet.open()
  await fleet.worker({ labeller: await plainClassifier() })
  await using server = await startFront(fleet)
  const client = clientOf(server)
  const text = "+".repeat(1100)
  const file = await upload(client, [
    line("usual", { text }),
    line("windows", { text, longText: "windows" }),
    line("stride", { text, longText: "windows", stride: 255, pooling: "max" }),
    line("error", { text, longText: "error" }),
  ])
  const batch = await ended(client, (await create(client, file.id)).id)
  expect(await answersOf(client, batch.output_file_id)).toMatchObject([
    { custom_id: "usual", response: { body: { results: [{ truncated: true, windows: 1 }] } } },
    { custom_id: "windows", response: { body: { results: [{ truncated: false, windows: 3 }] } } },
    { custom_id: "stride", response: { body: { results: [{ truncated: false, windows: 4 }] } } },
  ])
  expect(await answersOf(client, batch.error_file_id)).toMatchObject([
    { custom_id: "error", response: { status_code: 422, body: { code: "text_too_long" } } },
  ])
})

it("an API key's files and batches - are nobody else's", async () => {
  await using fleet = await TestFleet.open()
  await fleet.worker()
  process.env["VALENCE_API_KEYS"] = "one:first-key-0123456789,two:second-key-0123456789"
  await using server = await startFront(fleet)
  delete process.env["VALENCE_API_KEYS"]
  const [one, two] = [clientOf(server, "first-key-0123456789"), clientOf(server, "second-key-0123456789")]
  const { id: file } = await upload(one, [line("1", { text: "a" })])
  const { id: batch } = await create(one, file)
  await expect(two.files.content(file)).rejects.toMatchObject({ status: 404 })
  await expect(create(two, file)).rejects.toMatchObject({ status: 400 })
  await expect(two.batches.cancel(batch)).rejects.toMatchObject({ status: 404 })
  expect([(await two.files.list()).data, (await two.batches.list()).data]).toEqual([[], []])
  await expect(clientOf(server, "no").files.list()).rejects.toMatchObject({ status: 401 })
  await ended(one, batch)
})

it("without a fleet - 501", async () => {
  await using server = await startTestServer()
  const message = "501 files and batches need a fleet: start the server with --redis"
  await expect(upload(clientOf(server), ["a"])).rejects.toMatchObject({ status: 501, message })
  await expect(clientOf(server).batches.list()).rejects.toMatchObject({ status: 501, message })
})
