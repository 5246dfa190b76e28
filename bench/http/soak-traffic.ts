import { setTimeout as sleep } from "node:timers/promises"

/** What was answered, by kind of traffic and status, with the code of a problem; `none` if there was no answer. */
export type Tally = Map<string, Map<string, number>>

/** A kind of traffic: what is done once, and how many texts that labels. */
interface Kind {
  readonly texts: number
  /** @returns the statuses that it was answered with */
  once(): Promise<readonly string[]>
}

const json = { "content-type": "application/json" } as const

/** Traffic of all kinds to one server, at a pace that is given. */
export class SoakTraffic {
  readonly #url: string
  readonly #texts: readonly string[]
  readonly #over = new AbortController()
  readonly tally: Tally = new Map()
  #next = 0

  constructor(url: string, texts: readonly string[]) {
    this.#url = url
    this.#texts = texts
  }

  /** Texts a second that the fleet labels if it is asked for no more than it can do: eight callers, 100 texts each time. */
  async sustainable(): Promise<number> {
    const each = 5
    const caller = async () => {
      for (let call = 0; call < each; call++) await this.#post("/v1/label", { texts: this.#some(100) })
    }
    const startedMs = performance.now()
    await Promise.all(Array.from({ length: 8 }, caller))
    return (8 * each * 100) / ((performance.now() - startedMs) / 1000)
  }

  /**
   * Sends all kinds of traffic, each its share of the texts, until the time is over.
   *
   * @param sustainable - texts a second that the fleet can label
   * @param load - the part of it that all kinds together ask for
   */
  async run(seconds: number, sustainable: number, load: number): Promise<void> {
    const end = setTimeout(() => this.#over.abort(), seconds * 1000)
    // A request is a quarter of a second's work for the fleet.
    const kinds = Object.entries(this.#kinds(Math.min(200, Math.ceil(sustainable / 4))))
    const share = (sustainable * load) / kinds.length
    await Promise.all(kinds.map(([name, kind]) => this.#keepUp(name, kind, share)))
    clearTimeout(end)
  }

  async #keepUp(name: string, kind: Kind, textsPerSecond: number): Promise<void> {
    // Single texts would be thousands a second on a fast fleet.
    const everyMs = Math.max(20, (kind.texts / textsPerSecond) * 1000)
    const { signal } = this.#over
    while (!signal.aborted) {
      const dueMs = performance.now() + everyMs * (0.5 + Math.random())
      for (const status of await kind.once().catch(() => ["none"])) this.#count(name, status)
      await sleep(Math.max(0, dueMs - performance.now()), undefined, { signal }).catch(() => {})
    }
  }

  #kinds(many: number): Record<string, Kind> {
    return {
      "single texts": {
        texts: 1,
        once: async () => [(await this.#post("/v1/label", { text: this.#some(1)[0] })).status],
      },
      [`requests of ${many} texts`]: {
        texts: many,
        once: async () => [(await this.#post("/v1/label", { texts: this.#some(many) })).status],
      },
      "a text of 100,000 words, truncated": {
        texts: 50,
        once: async () => [(await this.#post("/v1/label", { text: "word ".repeat(100_000) })).status],
      },
      "jobs that are collected": { texts: 20, once: () => this.#job(false) },
      "jobs that are deleted": { texts: 20, once: () => this.#job(true) },
      corpora: {
        texts: 1000,
        once: async () => {
          const body = `text\n${this.#some(1000)
            .map(text => JSON.stringify(text.replaceAll('"', "'")))
            .join("\n")}\n`
          const headers = { "content-type": "text/csv" }
          const answer = await fetch(`${this.#url}/v1/corpus`, { method: "POST", headers, body })
          await answer.text()
          return [String(answer.status)]
        },
      },
      batches: { texts: 100, once: () => this.#batch() },
    }
  }

  async #job(deleted: boolean): Promise<string[]> {
    const { status, body } = await this.#post("/v1/jobs", { texts: this.#some(20) })
    const at = `${this.#url}/v1/jobs/${String(body["id"])}`
    if (deleted) {
      await sleep(Math.random() * 200)
      return [status, String((await fetch(at, { method: "DELETE" })).status)]
    }
    const answer = await fetch(`${at}?wait=30`)
    await answer.text()
    return [status, String(answer.status)]
  }

  async #batch(): Promise<string[]> {
    const lines = this.#some(100).map((text, index) =>
      JSON.stringify({ custom_id: String(index), method: "POST", url: "/v1/label", body: { text } }),
    )
    const form = new FormData()
    form.set("purpose", "batch")
    form.set("file", new Blob([lines.join("\n")]), "soak.jsonl")
    const uploaded = await fetch(`${this.#url}/v1/files`, { method: "POST", body: form })
    const { id } = (await uploaded.json()) as { id: string }
    const order = { input_file_id: id, endpoint: "/v1/label", completion_window: "24h" }
    const { status, body } = await this.#post("/v1/batches", order)
    let ended = "200"
    for (let looks = 0; looks < 240; looks++) {
      const batch = (await (await fetch(`${this.#url}/v1/batches/${String(body["id"])}`)).json()) as { status: string }
      ended = batch.status === "completed" ? "200" : `batch ${batch.status}`
      if (ended === "200") break
      await sleep(500)
    }
    return [String(uploaded.status), status, ended]
  }

  async #post(path: string, content: unknown): Promise<{ status: string; body: Record<string, unknown> }> {
    const answer = await fetch(this.#url + path, { method: "POST", headers: json, body: JSON.stringify(content) })
    const body = (await answer.json()) as Record<string, unknown>
    return { status: [answer.status, ...(answer.ok ? [] : [body["code"]])].join(" "), body }
  }

  #some(count: number): string[] {
    return Array.from({ length: count }, () => this.#texts[this.#next++ % this.#texts.length] as string)
  }

  #count(name: string, status: string): void {
    const statuses = this.tally.get(name) ?? new Map<string, number>()
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    this.tally.set(name, statuses)
  }
}
