import type { lookup as lookupName } from "node:dns"
import { request as requestHttp } from "node:http"
import { request as requestHttps } from "node:https"
import { isIP } from "node:net"
import { checkedLookup, hostOf, isPublicAddress } from "../../addresses.ts"

/** The URL leads if no webhook may go. */
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
  /** Time limit of the whole request, its answer's head included. */
  readonly timeoutMs: number
  /** Default: the system's. */
  readonly lookup?: typeof lookupName | undefined
}

/**
 * Posts JSON once. No redirect is followed, and of the answer the status alone is read.
 *
 * @throws PrivateAddressError; Error if it is not answered with 2xx in time
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
      lookup: checkedLookup(
        (host, address) =>
          sending.allowPrivate || isPublicAddress(address) ? undefined : new PrivateAddressError(host, address),
        sending.lookup,
      ),
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
