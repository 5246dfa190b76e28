import { execFile } from "node:child_process"
import { writeFile } from "node:fs/promises"
import { join } from "node:path"
import { parseAllDocuments } from "yaml"
import type { Fence } from "./read-pages.ts"
import type { Services } from "./services.ts"

/** A snippet that takes longer hangs. */
const limitMs = 300_000
const tsx = import.meta.resolve("tsx")
const prologue = new URL("prologue.sh", import.meta.url).pathname

/** What snippets run with. */
export interface Setting {
  readonly services: Services
  /** Where the page's snippets run, one after another. */
  readonly folder: string
  /** Where `valence` is. */
  readonly bin: string
  readonly python: string | undefined
}

/** How a snippet ended; a `reason` why it was not run, or what is wrong. */
export type Outcome =
  | { readonly state: "passed" }
  | { readonly state: "not run"; readonly reason: string }
  | { readonly state: "failed"; readonly reason: string }

const noteOf = ({ notes }: Fence, name: string) =>
  notes.map(note => (note.startsWith(`${name}: `) ? note.slice(name.length + 2) : undefined)).find(Boolean)

/** What was printed, where `…` stands for anything. */
function patternOf(printed: string): RegExp {
  const parts = printed.trimEnd().split("…")
  return new RegExp(`^${parts.map(part => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join("[\\s\\S]*?")}$`)
}

/** Why a snippet of a language that nothing marks cannot be run here. */
function reasonOf({ language, code }: Fence): string | undefined {
  if (["text", "mermaid", "dockerfile"].includes(language)) return language
  if (/^(ONNXRUNTIME_NODE_INSTALL=\S+ |docker )/m.test(code)) return "needs Docker or a GPU"
  if (/npm run bench/.test(code)) return "a bench, which takes minutes to hours"
  return undefined
}

/** Runs one snippet, and compares what it prints with the block of text after it. */
export async function runSnippet(fence: Fence, setting: Setting): Promise<Outcome> {
  const { language, line } = fence
  const reason = noteOf(fence, "not run") ?? reasonOf(fence)
  if (reason !== undefined) return { state: "not run", reason }
  const { services, folder, python } = setting
  const setup = noteOf(fence, "setup")
  if (setup !== undefined) await run(["bash", "-euc", setup], setting)
  const code = substituted(fence, services)
  const file = noteOf(fence, "file")
  if (file !== undefined) {
    await writeFile(join(folder, file), code)
    return { state: "passed" }
  }
  try {
    if (language === "json") JSON.parse(code)
    if (language === "yaml") for (const { errors } of parseAllDocuments(code)) if (errors[0]) throw errors[0]
    if (language === "json" || language === "yaml") return { state: "passed" }
    const program = await programOf(language, code, join(folder, `snippet-${line}`), python)
    if (program === undefined) return { state: "not run", reason: language === "python" ? "no Python" : language }
    return judge(fence, await run(program, setting))
  } catch (error) {
    return { state: "failed", reason: String(error) }
  }
}

/** The snippet with the addresses of the services, and with smaller numbers if it asks for them: `run with: 1000000=2000`. */
function substituted(fence: Fence, { redis, server }: Services): string {
  const code = fence.code.replaceAll("redis://127.0.0.1:6379", redis).replaceAll("http://127.0.0.1:8080", server)
  const [from, to] = noteOf(fence, "run with")?.split("=") ?? []
  return from === undefined || to === undefined ? code : code.replaceAll(from, to)
}

async function programOf(
  language: string,
  code: string,
  file: string,
  python: string | undefined,
): Promise<readonly string[] | undefined> {
  if (language === "sh") return ["bash", "-euo", "pipefail", "-c", `source ${prologue}\n${code}`]
  if (language === "python") return python === undefined ? undefined : [python, "-c", code]
  if (language !== "js" && language !== "ts") throw new Error(`no program runs a snippet in ${language}`)
  const path = `${file}.${language === "ts" ? "mts" : "mjs"}`
  await writeFile(path, code)
  return [process.execPath, "--import", tsx, path]
}

interface Ended {
  readonly code: number | string | null
  readonly stdout: string
  readonly stderr: string
}

function run([file = "", ...words]: readonly string[], { services, folder, bin }: Setting): Promise<Ended> {
  const env = {
    ...process.env,
    PATH: `${bin}:${process.env["PATH"]}`,
    DOCS_REDIS: services.redis,
    HF_HUB_DISABLE_TELEMETRY: "1",
    OPERATOR_KEY: "none",
  }
  return new Promise(resolve => {
    execFile(file, words, { cwd: folder, env, timeout: limitMs, maxBuffer: 2 ** 28 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : (error.code ?? error.signal ?? null), stdout, stderr }),
    )
  })
}

function judge({ printed }: Fence, { code, stdout, stderr }: Ended): Outcome {
  if (code !== 0)
    return { state: "failed", reason: `exit code ${code}\n${stdout.slice(-1500)}\n${stderr.slice(-1500)}` }
  if (printed === undefined || patternOf(printed).test(stdout.trimEnd())) return { state: "passed" }
  return { state: "failed", reason: `printed\n${stdout.slice(0, 3000)}\ninstead of\n${printed}` }
}
