import { lookup as lookupName } from "node:dns"
import { request as requestHttp } from "node:http"
import { request as requestHttps } from "node:https"
import { isIP, type LookupFunction } from "node:net"
import { hostOf, isPublicAddress } from "./public-address.ts"

/** The URL leads where no webhook may go. */
export class PrivateAddressError extends Error {
  constructor(host: string, address: string) {
    super(`webhook must lead to public addresses; ${host} is ${address}`)
    this.name = "PrivateAddressError"
  }
}

/** How webhooks are sent. */
export interface Sending {
  /** Whether any address will do. */
  readonly allowPrivate: boolean
  /** Of the whole request, its answer's head included. */
  readonly timeoutMs: number
  /** Default: the system's. */
  readonly lookup?: typeof lookupName | undefined
}

/**
 * Posts JSON once. No redirect is followed, and of the answer the status alone is read.
 *
 * @throws PrivateAddressError; Error where it is not answered with 2xx in time
 */
export async function sendWebhook(
  url: URL,
  body: string,
  headers: Readonly<Record<string, string>>,
  sending: Sending,
): Promise<void> {
  const host = hostOf(url)
  // Of an address nothing is looked up.
  if (isIP(host) !== 0 && !sending.allowPrivate && !isPublicAddress(host)) throw new PrivateAddressError(host, host)
  const status = await new Promise<number>((resolve, reject) => {
    const request = (url.protocol === "https:" ? requestHttps : requestHttp)(url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json", "content-length": Buffer.byteLength(body) },
      // A connection that is kept would be one to an address that was checked long ago.
      agent: false,
      lookup: checkedLookup(sending),
      signal: AbortSignal.timeout(sending.timeoutMs),
    })
    // Not once: a second error, of a connection that is being closed, would have no listener.
    request.on("error", reject)
    request.once("response", response => {
      resolve(response.statusCode ?? 0)
      response.destroy()
    })
    request.end(body)
  })
  if (status < 200 || status > 299) throw new Error(`webhook must be answered with 2xx; got ${status}`)
}

/** Connects to the very addresses that were checked: a name that leads elsewhere a moment later leads nowhere. */
function checkedLookup({ allowPrivate, lookup = lookupName }: Sending): LookupFunction {
  return (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? []
      if (error || first === undefined) return done(error ?? new Error(`${host} has no address`), "")
      const unfit = addresses.find(({ address }) => !allowPrivate && !isPublicAddress(address))
      if (unfit) return done(new PrivateAddressError(host, unfit.address), "")
      if (options.all) done(null, addresses)
      else done(null, first.address, first.family)
    })
  }
}
