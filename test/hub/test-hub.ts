import { createHash } from "node:crypto"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** What a hub was asked, and what it answered. */
export interface Asked {
  /** The hub itself, or the host to which it redirects for large files. */
  readonly host: "hub" | "store"
  readonly path: string
  readonly range: string | undefined
  readonly authorization: string | undefined
  status: number
  /** Of the body. */
  bytes: number
}

/** How a file's body ends before its time. */
export interface Interruption {
  readonly file: string
  readonly afterBytes: number
  times: number
  /** Waited for before the connection is cut; `position` in the file is how far was sent. */
  readonly before: (position: number) => Promise<void>
}

interface Repository {
  /** By branch, tag and commit. */
  readonly commits: Map<string, string>
  readonly files: Map<string, Map<string, Buffer>>
  licence: string | undefined
}

/** Files from this size on are large: they lie in another host's store, with a SHA-256. */
const largeBytes = 100_000

const sha256 = (content: Buffer) => createHash("sha256").update(content).digest("hex")
const gitSha1 = (content: Buffer) => createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex")

/** Speaks the hub's protocol, as far as a pull needs it, over two servers of this machine. */
export class TestHub implements AsyncDisposable {
  readonly asked: Asked[] = []
  /** Wanted of whoever asks for anything but large files in the store. */
  token: string | undefined
  /** Answered by the hub in place of everything else; 0 closes the connection without an answer. */
  status: number | undefined
  /** How many requests `status` is for; then the hub is well again. */
  statusTimes = Number.POSITIVE_INFINITY
  /** Cuts the connection after so many bytes of a file's body, so many times. */
  interrupt: Interruption | undefined
  /** A file of which other bytes are sent than those that were listed. */
  corrupt: string | undefined
  /** Where the hub redirects everything to, by its path. */
  redirect: ((path: string) => string | undefined) | undefined
  /** What the hub answers in place of the truth, by path. */
  answer: ((path: string) => unknown) | undefined
  /** Answers whatever has this in its path with JSON that never ends. */
  endless: string | undefined
  /** Answers a Range with the whole file. */
  ignoresRange = false
  /** Called before a request is answered. */
  onAsked: (path: string) => void = () => {}
  /** Called before a file is sent. */
  onFile: (file: string) => Promise<void> = async () => {}
  readonly #repositories = new Map<string, Repository>()
  readonly #hub: Server
  readonly #store: Server

  private constructor() {
    this.#hub = createServer((request, response) => this.#answer("hub", request, response))
    this.#store = createServer((request, response) => this.#answer("store", request, response))
  }

  static async start(): Promise<TestHub> {
    const hub = new TestHub()
    for (const server of [hub.#hub, hub.#store]) await once(server.listen(0, "127.0.0.1"), "listening")
    return hub
  }

  get url(): string {
    return `http://127.0.0.1:${portOf(this.#hub)}`
  }

  /** Lets a branch be a new commit with these files. */
  put(
    id: string,
    files: Readonly<Record<string, string | Buffer>>,
    { revision = "main", licence = "mit" } = {},
  ): string {
    const repository = this.#repositories.get(id) ?? { commits: new Map(), files: new Map(), licence }
    this.#repositories.set(id, repository)
    const contents = new Map(Object.entries(files).map(([name, content]) => [name, Buffer.from(content)]))
    const commit = createHash("sha1")
      .update(JSON.stringify([...contents].map(([name, c]) => [name, sha256(c)])))
      .digest("hex")
    repository.commits.set(revision, commit).set(commit, commit)
    repository.files.set(commit, contents)
    return commit
  }

  /** Bytes of a file's body that were sent, over all requests. */
  bytesSent(file: string): number {
    return this.asked.filter(({ path }) => path.endsWith(`/${file}`)).reduce((sum, { bytes }) => sum + bytes, 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of [this.#hub, this.#store]) {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    }
  }

  async #answer(host: Asked["host"], request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path } = new URL(request.url ?? "/", this.url)
    const { range, authorization } = request.headers
    const asked: Asked = { host, path, range, authorization, status: 0, bytes: 0 }
    this.asked.push(asked)
    this.onAsked(path)
    response.on("close", () => {
      asked.status = response.statusCode
    })
    const refusal = host === "hub" ? this.#refusal(authorization) : undefined
    if (refusal === 0) return void response.destroy()
    if (refusal !== undefined) return fail(response, refusal, "refused by the test")
    const elsewhere = host === "hub" ? this.redirect?.(path) : undefined
    if (elsewhere !== undefined) return void response.writeHead(307, { location: elsewhere }).end()
    const answer = host === "hub" ? this.answer?.(path) : undefined
    if (answer !== undefined) return json(response, answer)
    if (this.endless !== undefined && path.includes(this.endless)) return this.#neverEnd(response)
    const [, id = "", what, rest] = /^(?:\/api\/models)?\/([^/]+\/[^/]+)\/(\w+)\/(.*)$/.exec(path) ?? []
    const repository = this.#repositories.get(id)
    if (!repository) return fail(response, 404, "Repository not found")
    const [revision = "", ...file] = (rest ?? "").split("/")
    const commit = repository.commits.get(decodeURIComponent(revision))
    if (commit === undefined) return fail(response, 404, "Invalid rev id")
    const files = repository.files.get(commit) ?? new Map<string, Buffer>()
    if (what === "revision")
      return json(response, { id, _id: "1", sha: commit, cardData: { license: repository.licence } })
    const name = file.join("/")
    if (what === "tree") {
      const entries = entriesOf(files, name)
      return entries.length === 0 ? fail(response, 404, "Entry not found") : json(response, entries)
    }
    const content = files.get(name)
    if (!content) return fail(response, 404, "Entry not found")
    if (host === "hub" && content.length >= largeBytes) return this.#redirect(response, path, content)
    await this.onFile(name)
    await this.#send(asked, response, name, content)
  }

  #refusal(authorization: string | undefined): number | undefined {
    if (this.status !== undefined && this.statusTimes-- > 0) return this.status
    return this.token !== undefined && authorization !== `Bearer ${this.token}` ? 401 : undefined
  }

  #neverEnd(response: ServerResponse): void {
    response.writeHead(200, { "content-type": "application/json" })
    const more = () => {
      while (!response.destroyed && response.write(" ".repeat(65_536)));
    }
    response.on("drain", more)
    more()
  }

  #redirect(response: ServerResponse, path: string, content: Buffer): void {
    const location = `http://127.0.0.1:${portOf(this.#store)}${path}`
    const headers = { location, "x-linked-size": content.length, "x-linked-etag": `"${sha256(content)}"` }
    response.writeHead(302, headers).end()
  }

  async #send(asked: Asked, response: ServerResponse, file: string, content: Buffer): Promise<void> {
    const begin = this.ignoresRange ? 0 : Number(/^bytes=(\d+)-/.exec(asked.range ?? "")?.[1] ?? 0)
    const body = Buffer.from(content.subarray(begin))
    if (this.corrupt === file) body[0] = (body[0] ?? 0) ^ 1
    const part = begin > 0 ? { "content-range": `bytes ${begin}-${content.length - 1}/${content.length}` } : {}
    response.writeHead(begin > 0 ? 206 : 200, { ...part, "content-length": body.length, etag: `"${sha256(content)}"` })
    const { interrupt } = this
    const isCut = interrupt?.file === file && interrupt.times > 0
    const sent = isCut ? body.subarray(0, interrupt.afterBytes) : body
    asked.bytes = sent.length
    if (!isCut) return void response.end(sent)
    interrupt.times--
    response.write(sent)
    await interrupt.before(begin + sent.length)
    response.destroy()
  }
}

/** The files and folders that are in a folder itself; `""` is the root. */
function entriesOf(files: ReadonlyMap<string, Buffer>, folder: string): unknown[] {
  const inside = folder === "" ? "" : `${folder}/`
  const own = [...files].filter(([path]) => path.startsWith(inside))
  const folders = new Set(
    own.map(([path]) => path.slice(inside.length).split("/")).flatMap(parts => (parts.length > 1 ? [parts[0]] : [])),
  )
  return [
    ...[...folders].map(name => ({ type: "directory", path: `${inside}${name}`, size: 0, oid: "0".repeat(40) })),
    ...own.filter(([path]) => !path.slice(inside.length).includes("/")).map(entryOf),
  ]
}

function entryOf([path, content]: [string, Buffer]) {
  const isLarge = content.length >= largeBytes
  const lfs = isLarge ? { lfs: { oid: sha256(content), size: content.length, pointerSize: 130 } } : {}
  return { type: "file", path, size: content.length, oid: gitSha1(content), ...lfs }
}

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body))
}

function fail(response: ServerResponse, status: number, error: string): void {
  response
    .writeHead(status, { "content-type": "application/json", "x-error-message": error })
    .end(JSON.stringify({ error }))
}

const portOf = (server: Server) => (server.address() as AddressInfo).port

/** The files of a tiny checkpoint, as its repository has them. */
export function tinyFiles(): Record<string, Buffer> {
  const names = ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"]
  return Object.fromEntries(names.map(name => [name, readFileSync(`test/golden/distilbert-tiny/${name}`)]))
}
