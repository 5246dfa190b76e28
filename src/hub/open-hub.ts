import { type Dispatcher, EnvHttpProxyAgent, fetch as undiciFetch } from "undici"
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

/** A server that says nothing for so long has gone; what it sent so far is kept. */
const silenceMs = 60_000

/**
 * Opens connections to a hub, through the proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name. The token goes to the
 * hub's own origin alone: where it redirects to the store of its large files, fetch leaves the header out.
 */
export function openHub({ endpoint, token }: HubSettings, persistence: Persistence): Hub {
  // Node 20's own fetch knows no proxies, and takes no dispatcher of a newer undici.
  const dispatcher: Dispatcher = new EnvHttpProxyAgent({ headersTimeout: silenceMs, bodyTimeout: silenceMs })
  const { origin } = new URL(endpoint)
  const signal = persistence.signal ?? null
  const ask = (url: string, init: { headers?: Record<string, string> } = {}) => {
    const isHub = new URL(url).origin === origin
    const authorization = token !== undefined && isHub ? { authorization: `Bearer ${token}` } : {}
    return undiciFetch(url, { ...init, dispatcher, signal, headers: { ...init.headers, ...authorization } })
  }
  return {
    endpoint,
    hasToken: token !== undefined,
    fetch: ask as unknown as typeof fetch,
    backoff: () => new Backoff(persistence),
    close: () => dispatcher.destroy(),
  }
}
