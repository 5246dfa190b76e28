import OpenAI, { toFile } from "openai"
import { describe, expect, it } from "vitest"
import { redisTimeMs } from "../../src/queue/redis/adapt-scripts.ts"
import { skew } from "../queue/skew.ts"
import { eventually, heldLabeller, TestFleet } from "../queue/test-fleet.ts"
import { startTestServer, type TestServer } from "./test-server.ts"

const hourMs = 3_600_000

/** A server in front of a fleet, which keeps files for less long than its clock is off. */
async function startFront(fleet: TestFleet): Promise<{ server: TestServer; client: OpenAI } & AsyncDisposable> {
  const producer = await fleet.producer({ whenFull: "reject" })
  const server = await startTestServer({ labeller: producer, options: { keepFileSeconds: 7200 } })
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "none", maxRetries: 0 })
  return { server, client, [Symbol.asyncDispose]: () => server.close() }
}

async function createBatch(client: OpenAI): Promise<{ readonly file: string; readonly batch: string }> {
  const line = JSON.stringify({ custom_id: "a", method: "POST", url: "/v1/label", body: { text: "good" } })
  const file = await client.files.create({ file: await toFile(Buffer.from(line), "in.jsonl"), purpose: "batch" })
  const batch = await client.batches.create({
    input_file_id: file.id,
    endpoint: "/v1/label" as "/v1/embeddings",
    completion_window: "24h",
  })
  return { file: file.id, batch: batch.id }
}

async function ended(client: OpenAI, id: string): Promise<OpenAI.Batch> {
  await eventually(async () => /ed$/.test((await client.batches.retrieve(id)).status))
  return client.batches.retrieve(id)
}

/** Longer than a batch has, and shorter: files are gone after less. */
describe.each([26, -26, 3, -3])("a server whose clock is %d hours off", hours => {
  it("a batch of another server - is labelled in time, and its files are there", async () => {
    await using fleet = await TestFleet.open()
    const { labeller, held, letGo } = heldLabeller()
    await fleet.worker({ labeller })
    let made: Awaited<ReturnType<typeof createBatch>>
    {
      await using right = await startFront(fleet)
      made = await createBatch(right.client)
      await eventually(() => held.length > 0)
    }
    skew(hours * hourMs)
    letGo()
    await using wrong = await startFront(fleet)
    const batch = await ended(wrong.client, made.batch)
    expect(batch).toMatchObject({ status: "completed", request_counts: { completed: 1, failed: 0 } })
    expect((await wrong.client.batches.list()).data).toMatchObject([{ id: made.batch }])
    const listed = (await wrong.client.files.list()).data.map(({ id }) => id)
    expect(new Set(listed)).toEqual(new Set([made.file, batch.output_file_id]))
  })

  it("its own batch - has the time of Redis, and other servers have its files", async () => {
    await using fleet = await TestFleet.open()
    await fleet.worker()
    skew(hours * hourMs)
    await using wrong = await startFront(fleet)
    const made = await createBatch(wrong.client)
    const batch = await ended(wrong.client, made.batch)
    expect(batch.status).toBe("completed")
    const nowSeconds = (await redisTimeMs(fleet.redis)) / 1000
    for (const at of [batch.created_at, batch.in_progress_at, batch.completed_at])
      expect(Math.abs((at as number) - nowSeconds)).toBeLessThan(3600)
    skew(0)
    await using right = await startFront(fleet)
    for (const id of [made.file, batch.output_file_id as string]) {
      const { created_at } = await right.client.files.retrieve(id)
      expect(Math.abs(created_at - nowSeconds)).toBeLessThan(3600)
    }
  })

  it("a batch whose time is over by the clock of Redis - is expired", async () => {
    await using fleet = await TestFleet.open()
    const { labeller, held } = heldLabeller()
    await fleet.worker({ labeller })
    let id: string
    {
      await using right = await startFront(fleet)
      id = (await createBatch(right.client)).batch
      await eventually(() => held.length > 0)
    }
    const key = `${fleet.keyPrefix}:http:batch:${id}`
    const about = JSON.parse((await fleet.redis.hget(key, "about")) as string) as object
    await fleet.redis.hset(key, "about", JSON.stringify({ ...about, expiresMs: await redisTimeMs(fleet.redis) }))
    skew(hours * hourMs)
    await using wrong = await startFront(fleet)
    expect(await ended(wrong.client, id)).toMatchObject({ status: "expired", request_counts: { failed: 1 } })
  })
})
