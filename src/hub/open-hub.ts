import { lookup } from "node:dns/promises"
import { isIP } from "node:net"
import { type Dispatcher, EnvHttpProxyAgent, type RequestInit, Response, fetch as undiciFetch } from "undici"
import { timeLimit } from "../aborting.ts"
import { addressKind, checkedLookup, hostOf } from "../addresses.ts"
import { ValenceError } from "../errors.ts"
import { Backoff, type Persistence } from "./backoff.ts"
import type { HubSettings } from "./hub-settings.ts"

/** Asks one hub. */
export interface Hub {
  readonly endpoint: string
  readonly hasToken: boolean
  /** As the global one; requests to the hub carry the token. */
  readonly fetch: typeof fetch
  /** Counts the failures of something that is asked for. */
  backoff(): Backoff
  close(): Promise<void>
}

/** A server that says nothing for this long has gone; what it sent so far is kept. */
const silenceMs = 60_000
/** What a hub says of a model is a few kB; an answer that continues is not heard out. */
const MAX_ANSWER_BYTES = 16_000_000
const answerMs = 60_000

/** Networks of one's own: a mirror in one of them may redirect within it. */
const ownNetworks: ReadonlySet<string> = new Set(["loopback", "private", "uniqueLocal", "carrierGradeNat"])

/**
 * Opens connections to a hub, through the proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name. The token goes to the
 * hub's own origin alone: if it redirects to the store of its large files, fetch leaves the header out.
 */
export function openHub({ endpoint, token }: HubSettings, persistence: Persistence): Hub {
  const { origin } = new URL(endpoint)
  const dispatcher = new HubDispatcher(endpoint)
  const ask = async (url: string, init: { headers?: Record<string, string> } = {}) => {
    const isHub = new URL(url).origin === origin
    const authorization = token !== undefined && isHub ? { authorization: `Bearer ${token}` } : {}
    const headers = { ...init.headers, ...authorization }
    const signals = persistence.signal ? [persistence.signal] : []
    if (!url.startsWith(`${endpoint}/api/`) && isHub)
      return dispatcher.fetch(url, { ...init, headers, signal: AbortSignal.any(signals) })
    using late = timeLimit(answerMs)
    const signal = AbortSignal.any([...signals, late.signal])
    return boundedAnswer(await dispatcher.fetch(url, { ...init, headers, signal }), url)
  }
  return {
    endpoint,
    hasToken: token !== undefined,
    fetch: ask as unknown as typeof fetch,
    backoff: () => new Backoff(persistence),
    close: () => dispatcher.destroy(),
  }
}

/** Reads an answer whole, if it ends. */
async function boundedAnswer(response: Response, url: string): Promise<Response> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES)
      throw new ValenceError(
        "hub_denied",
        `the answer of ${url} must have at most ${MAX_ANSWER_BYTES} bytes; it has more: HF_ENDPOINT must name a hub`,
      )
    chunks.push(chunk)
  }
  const { status, statusText, headers } = response
  const whole = new Response(bytes === 0 ? null : Buffer.concat(chunks), { status, statusText, headers })
  // For the client's errors.
  return Object.defineProperty(whole, "url", { value: response.url })
}

/** Connections to a hub, and to where it redirects: not to addresses that only this machine can reach. */
class HubDispatcher {
  readonly #endpoint: URL
  // Node 20's own fetch knows no proxies, and takes no dispatcher of a newer undici.
  readonly #toHub = new EnvHttpProxyAgent({ headersTimeout: silenceMs, bodyTimeout: silenceMs })
  readonly #elsewhere = new EnvHttpProxyAgent({
    ...{ headersTimeout: silenceMs, bodyTimeout: silenceMs },
    connect: { lookup: checkedLookup((host, address) => this.#refusal(host, address)) },
  })
  readonly #dispatcher: Dispatcher
  /** The networks that the hub itself is in. */
  #networks: Promise<ReadonlySet<string>> | undefined
  #known: ReadonlySet<string> = new Set()

  constructor(endpoint: string) {
    this.#endpoint = new URL(endpoint)
    this.#dispatcher = this.#toHub.compose(() => (options, handler) => {
      const url = new URL(String(options.origin))
      if (url.origin === this.#endpoint.origin) return this.#toHub.dispatch(options, handler)
      const host = hostOf(url)
      const refusal = isIP(host) === 0 ? undefined : this.#refusal(host, host)
      if (refusal) throw refusal
      return this.#elsewhere.dispatch(options, handler)
    })
  }

  async fetch(url: string, init: RequestInit): Promise<Response> {
    this.#networks ??= networksOf(hostOf(this.#endpoint))
    this.#known = await this.#networks
    return undiciFetch(url, { ...init, dispatcher: this.#dispatcher })
  }

  async destroy(): Promise<void> {
    await Promise.all([this.#toHub.destroy(), this.#elsewhere.destroy()])
  }

  #refusal(host: string, address: string): Error | undefined {
    const kind = addressKind(address)
    if (kind === "public" || (ownNetworks.has(kind) && this.#known.has(kind))) return undefined
    const shown = host === address ? address : `${host}, which is ${address}`
    return new ValenceError(
      "hub_denied",
      `the hub ${this.#endpoint.origin} must not lead to an address that is not public; it leads to ${shown} (${kind})`,
    )
  }
}

async function networksOf(host: string): Promise<ReadonlySet<string>> {
  if (isIP(host) !== 0) return new Set([addressKind(host)])
  const addresses = await lookup(host, { all: true }).catch(() => [])
  return new Set(addresses.map(({ address }) => addressKind(address)))
}
