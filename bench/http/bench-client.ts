import { Pool } from "undici"

/** What came back for a request: its status, and the time from its sending to the last byte of its answer. */
export interface Answer {
  readonly status: number
  readonly ms: number
}

/**
 * A client of one server that costs little of the cores that it shares with it: connections that are kept, one
 * request at a time on each.
 */
export class BenchClient implements AsyncDisposable {
  readonly #pool: Pool

  /** @param connections - how many at most */
  constructor(url: string, connections: number) {
    this.#pool = new Pool(url, { connections, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 })
  }

  /** Asks `POST /v1/label`. */
  async label(body: object): Promise<Answer> {
    const start = performance.now()
    const response = await this.#pool.request({
      method: "POST",
      path: "/v1/label",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    })
    await response.body.arrayBuffer()
    return { status: response.statusCode, ms: performance.now() - start }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.close()
  }
}
