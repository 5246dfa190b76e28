import { randomBytes } from "node:crypto"
import OpenAI, { toFile } from "openai"
import { afterEach, expect, it } from "vitest"
import { type Running, startValence, toBeTrue } from "../cli/run-valence.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"
import { eventually, TestFleet } from "../queue/test-fleet.ts"

const running: Running[] = []
afterEach(() => {
  for (const { child } of running.splice(0)) child.kill("SIGKILL")
})

/** Starts `valence serve` in front of a fleet, and returns when it is ready. */
async function serve({ url, keyPrefix }: TestFleet): Promise<Running & { readonly client: OpenAI }> {
  const started = startValence("/tmp", "serve", "--port", "0", "--redis", url, "--key-prefix", keyPrefix)
  running.push(started)
  let stderr = ""
  started.child.stderr?.on("data", data => {
    stderr += String(data)
  })
  await toBeTrue(() => /ready: \S+/.test(stderr) || started.child.exitCode !== null)
  const baseURL = `${/ready: (\S+)/.exec(stderr)?.[1]}/v1`
  return { ...started, client: new OpenAI({ baseURL, apiKey: "none", maxRetries: 0 }) }
}

it("a server that is killed in the middle of a batch - another finishes it, each line once and in order", async () => {
  await using fleet = await TestFleet.open()
  let labelled = 0
  let goOn = () => {}
  const gate = new Promise<void>(resolve => {
    goOn = resolve
  })
  // Stops in the middle, until it is told to go on.
  const labeller = plainLabeller(async texts => {
    labelled += texts.length
    if (labelled > 1000) await gate
  })
  await fleet.worker({ labeller, options: { concurrency: 1, bulkConcurrency: 1 } })
  const first = await serve(fleet)
  const rows = Array.from({ length: 5000 }, (_, row) => ({
    custom_id: `${row}-${randomBytes(3).toString("hex")}`,
    method: "POST",
    url: "/v1/label",
    body: row % 1000 === 7 ? { text: "FAIL" } : { text: "x".repeat(1 + (row % 11)) },
  }))
  const body = Buffer.from(rows.map(row => JSON.stringify(row)).join("\n"))
  const input = await first.client.files.create({ file: await toFile(body, "input.jsonl"), purpose: "batch" })
  const { id } = await first.client.batches.create({
    input_file_id: input.id,
    endpoint: "/v1/label" as "/v1/embeddings",
    completion_window: "24h",
  })
  const done = async () => (await first.client.batches.retrieve(id)).request_counts?.completed ?? 0
  await eventually(async () => labelled > 1000 && (await done()) > 0)
  const second = await serve(fleet)
  first.child.kill("SIGKILL")
  await first.ended
  goOn()
  await eventually(async () => (await second.client.batches.retrieve(id)).status === "completed")
  const batch = await second.client.batches.retrieve(id)
  expect(batch.request_counts).toEqual({ total: 5000, completed: 4995, failed: 5 })
  const linesOf = async (file: string | undefined) =>
    (await (await second.client.files.content(file as string)).text())
      .trimEnd()
      .split("\n")
      .map(line => JSON.parse(line) as { custom_id: string })
  const output = await linesOf(batch.output_file_id)
  const errors = await linesOf(batch.error_file_id)
  const isBad = (_: unknown, row: number) => row % 1000 === 7
  expect(output.map(line => line.custom_id)).toEqual(rows.filter((_, row) => !isBad(_, row)).map(row => row.custom_id))
  expect(errors.map(line => line.custom_id)).toEqual(rows.filter(isBad).map(row => row.custom_id))
})
