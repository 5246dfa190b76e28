import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { createLexiconLabeller } from "../../src/lexicon/lexicon-labeller.ts"
import { createServer } from "../../src/serve.ts"
import { postJson } from "./test-server.ts"

describe("createServer", () => {
  it("a labeller alone - is served, and not closed with the server", async () => {
    await using labeller = await createLexiconLabeller({ model: "afinn-111" })
    const server = await createServer({ labeller, options: { port: 0 } })
    const { body } = await postJson(`${await server.listen()}/v1/label`, { text: "good" })
    expect(body).toMatchObject({ results: [{ label: "POSITIVE" }] })
    await server.close()
    expect(await labeller.label(["bad"])).toMatchObject([{ label: "NEGATIVE" }])
  })

  it("valence-nlp/serve - leads to the server", () => {
    const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as { exports: Record<string, unknown> }
    expect(exports["./serve"]).toMatchObject({ types: { default: "./dist/serve.d.ts" }, default: "./dist/serve.js" })
  })
})
