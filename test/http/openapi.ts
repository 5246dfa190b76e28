import { type ExecFileException, execFile } from "node:child_process"
import { randomBytes } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { createLexiconLabeller } from "../../src/lexicon/lexicon-labeller.ts"
import { createProducer } from "../../src/producer/create-producer.ts"
import { createWorker } from "../../src/worker/create-worker.ts"
import { openSharedRedis } from "../redis/global-setup.ts"
import { startTestServer } from "./test-server.ts"

/*
 * Holds the OpenAPI document against the tools of others: redocly's linter, the generators openapi-typescript and
 * openapi-python-client, whose clients then label a text, and schemathesis, which sends what the document allows and what
 * it does not. It installs them into a temporary folder, and needs npm and Python 3.
 */

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), "valence-openapi-"))
const at = (name: string) => join(folder, name)
const python = at("venv/bin/python")

const pythonCall = `
import sys
sys.path.insert(0, sys.argv[1])
from client import Client
from client.api.label import label_texts
from client.models import LabelRequest
answer = label_texts.sync(client=Client(base_url=sys.argv[2]), body=LabelRequest(text="good"))
print(answer.results[0].label)
`

const typescriptCall = `
import type { paths } from "./api.js"
type Ok = paths["/v1/label"]["post"]["responses"][200]["content"]["application/json"]
export const labelOf = (answer: Ok): string | undefined => answer.results[0]?.label
`

/**
 * What schemathesis need not check: it takes any body that the document allows for one that must be accepted, but a blank
 * text, or an id that nothing has, is refused by a rule that no schema can say.
 */
const unchecked = "positive_data_acceptance"

interface ApiDocument {
  readonly components: { readonly schemas: { readonly JobRequest: { readonly properties: { webhook?: unknown } } } }
}

/** Runs a program; what it printed goes into the error if it fails. */
async function execute(program: string, words: readonly string[]): Promise<string> {
  try {
    const env = { ...process.env, PATH: `${at("venv/bin")}:${process.env["PATH"]}` }
    const { stdout } = await run(program, words, { cwd: folder, env, maxBuffer: 2 ** 26 })
    return stdout
  } catch (error) {
    const { stdout, stderr } = error as ExecFileException
    throw new Error(`${program} ${words.join(" ")} failed:\n${stdout}${stderr}`, { cause: error })
  }
}

async function step(name: string, work: () => Promise<unknown>): Promise<void> {
  await work()
  console.log(`${name}: passed`)
}

const redis = await openSharedRedis()
try {
  await execute("python3", ["-m", "venv", at("venv")])
  await execute(python, ["-m", "pip", "install", "--quiet", "schemathesis", "openapi-python-client"])
  writeFileSync(at("package.json"), "{}")
  await execute("npm", [
    "install",
    "--ignore-scripts",
    "--no-audit",
    "@redocly/cli",
    "openapi-typescript",
    "typescript@5",
  ])
  const bin = (name: string) => at(`node_modules/.bin/${name}`)

  const shared = { redis: redis.url, options: { keyPrefix: `{openapi-${randomBytes(6).toString("hex")}}` } }
  await using _worker = await createWorker({ labeller: await createLexiconLabeller({ model: "afinn-111" }), ...shared })
  const producer = await createProducer({ redis: shared.redis, ...shared.options })
  await using server = await startTestServer({ labeller: producer, others: [] })
  const document = (await (await fetch(`${server.url}/docs/json`)).json()) as ApiDocument
  writeFileSync(at("openapi.json"), JSON.stringify(document))

  await step("redocly lint", () => execute(bin("redocly"), ["lint", "openapi.json"]))
  await step("openapi-typescript", async () => {
    await execute(bin("openapi-typescript"), ["openapi.json", "-o", "api.ts"])
    writeFileSync(at("call.ts"), typescriptCall)
    await execute(bin("tsc"), ["--noEmit", "--strict", "--module", "nodenext", "call.ts"])
  })
  await step("openapi-python-client", async () => {
    const words = ["generate", "--path", "openapi.json", "--output-path", "client", "--meta", "none"]
    await execute(at("venv/bin/openapi-python-client"), words)
    writeFileSync(at("call.py"), pythonCall)
    const printed = await execute(python, ["call.py", folder, server.url])
    if (printed.trim() !== "POSITIVE") throw new Error(`the client of openapi-python-client got ${printed}`)
  })
  await step("schemathesis", () => {
    // Webhooks would go to whatever addresses it makes up.
    delete document.components.schemas.JobRequest.properties.webhook
    writeFileSync(at("tried.json"), JSON.stringify(document))
    const words = ["run", "tried.json", "--url", server.url, "--max-examples", "50", "--exclude-checks", unchecked]
    return execute(at("venv/bin/schemathesis"), words)
  })
} finally {
  await redis.stop()
  rmSync(folder, { recursive: true, force: true })
}
