import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { text } from "node:stream/consumers"
import { expect, inject, it } from "vitest"
import { createWorker } from "../../src/worker/create-worker.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"

/** Runs a program in TypeScript as users do. */
function runExample(words: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, ["--import", "tsx", ...words], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  })
}

const printedBy = ({ stdout }: ChildProcess) => (stdout === null ? "" : text(stdout))

it("express - labels a text, and refuses one without a character", async () => {
  const child = runExample(["examples/express.ts"], { PORT: "0", VALENCE_DEVICE: "cpu:1" })
  const [line] = (await once(child.stdout ?? child, "data")) as [Buffer]
  const port = /port: (\d+)/.exec(String(line))?.[1]
  const ask = (body: object) =>
    fetch(`http://127.0.0.1:${port}/label`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    })
  const good = await ask({ text: "I love it" })
  expect([good.status, await good.json()]).toEqual([200, { label: "POSITIVE", score: expect.any(Number) }])
  const empty = await ask({ text: " " })
  expect([empty.status, await empty.json()]).toEqual([422, { error: expect.stringContaining("text") }])
  child.kill("SIGTERM")
  await once(child, "close")
})

it("Next.js - the handler answers a request", async () => {
  const script = `
    import { POST } from "./examples/next/route.ts"
    const ask = body => POST(new Request("http://localhost/api/label", { method: "POST", body: JSON.stringify(body) }))
    for (const body of [{ text: "I love it" }, { text: "" }]) {
      const response = await ask(body)
      console.log(response.status, Object.keys(await response.json()).join())
    }
    process.exit()`
  const child = runExample(["--input-type=module", "-e", script], { VALENCE_DEVICE: "cpu:1" })
  expect(await printedBy(child)).toBe("200 label,score\n422 error\n")
})

it("BullMQ - a job of the app's own queue gets its label from the fleet", async () => {
  const redis = inject("redisUrl")
  const keyPrefix = "{example-bullmq}"
  const worker = await createWorker({ labeller: plainLabeller(), redis, options: { keyPrefix } })
  const child = runExample(["examples/bullmq.ts", redis], { VALENCE_KEY_PREFIX: keyPrefix })
  expect(await printedBy(child)).toMatch(/^{ label: '.*', score: .* }\n$/)
  await worker.close()
})

it("PostgreSQL - labels the rows that have no label, and continues", async () => {
  // Names in variables keep these packages and the example out of `npm run types`: test/docs/types.test.ts checks the example.
  const [pglite, example] = ["@electric-sql/pglite", "../../examples/postgres.ts"]
  const { PGlite } = await import(pglite)
  const database = await PGlite.create()
  await database.exec("CREATE TABLE posts (id integer PRIMARY KEY, body text, label text, score real)")
  await database.exec("INSERT INTO posts SELECT n, 'post ' || n FROM generate_series(1, 2500) AS n")
  await database.exec("INSERT INTO posts VALUES (2501, NULL), (2502, '')")
  const { labelPosts } = await import(example)
  const labeller = plainLabeller()
  expect(await labelPosts(database, labeller)).toBeGreaterThanOrEqual(2500)
  const { rows } = await database.query(
    "SELECT count(*)::integer AS left FROM posts WHERE label IS NULL AND body <> ''",
  )
  expect(rows).toEqual([{ left: 0 }])
  await database.exec("INSERT INTO posts VALUES (3000, 'one more')")
  expect(await labelPosts(database, labeller)).toBe(1)
  await database.close()
})
