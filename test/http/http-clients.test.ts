import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { promisify } from "node:util"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { createClassifier } from "../../src/classifier/classifier.ts"
import { TestFleet } from "../queue/test-fleet.ts"
import { findPythonClients } from "./python-clients.ts"
import { startTestServer, type TestServer } from "./test-server.ts"

/** A snippet of docs/guides/http-clients.md, and what stands below it. */
interface Snippet {
  readonly title: string
  readonly language: "js" | "python" | "sh"
  readonly code: string
  readonly printed: string
}

const page = readFileSync("docs/guides/http-clients.md", "utf8")
const snippets = [...page.matchAll(/```(js|python|sh)\n((?:(?!```).)*)```\n```text\n(.*?)```/gs)].map(
  (match): Snippet => {
    const [, language, code = "", printed = ""] = match
    const title = page.slice(0, match.index).match(/## .*/g)?.at(-1) ?? ""
    return { title, language: language as Snippet["language"], code, printed }
  },
)

const python = findPythonClients()
const programs: Readonly<Record<Snippet["language"], readonly string[] | undefined>> = {
  js: [process.execPath, "--input-type=module", "-e"],
  python: python === undefined ? undefined : [python, "-c"],
  sh: ["sh", "-c"],
}

/** What was printed, where `…` stands for anything. */
const patternOf = (printed: string) =>
  new RegExp(
    `^${printed
      .trimEnd()
      .split("…")
      .map(part => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
      .join("[^]*?")}$`,
  )

describe("docs/guides/http-clients.md", () => {
  let fleet: TestFleet
  let server: TestServer
  beforeAll(async () => {
    fleet = await TestFleet.open()
    await fleet.worker({ labeller: await createClassifier({ device: "cpu:1" }) })
    const producer = await fleet.producer({ whenFull: "reject" })
    server = await startTestServer({ labeller: producer })
  })
  afterAll(async () => {
    await server.close()
    await fleet[Symbol.asyncDispose]()
  })

  it("has snippets of all kinds", () => {
    const languages = snippets.map(({ language }) => language)
    expect(new Set(languages)).toEqual(new Set(["js", "python", "sh"]))
    // The other two start a server.
    expect(page.match(/```(js|python|sh)\n/g)).toHaveLength(snippets.length + 2)
  })

  for (const { title, language, code, printed } of snippets) {
    const program = programs[language]
    it.skipIf(program === undefined)(`${title}, ${language} - prints what it says`, async () => {
      const [file = "", ...words] = program ?? []
      const env = { ...process.env, HF_HUB_DISABLE_TELEMETRY: "1" }
      const run = promisify(execFile)
      const { stdout } = await run(file, [...words, code.replaceAll("http://127.0.0.1:8080", server.url)], { env })
      expect(stdout.trimEnd()).toMatch(patternOf(printed))
    })
  }
})
