import ipaddr from "ipaddr.js"
import { shown } from "../../errors.ts"
import { RequestError } from "../problem.ts"

/** Whether an address lies in the open Internet: none that is private, loopback, link-local, or leads to such a one. */
export function isPublicAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.parse(address).range() === "unicast"
}

/**
 * Where a webhook goes. What its name resolves to is looked at when it is sent, each time.
 *
 * @param allowPrivate - whether any address will do
 * @throws RequestError 400
 */
export function webhookUrl(text: string, allowPrivate: boolean): URL {
  const refuse = (rule: string) => new RequestError(400, `/body/webhook/url must ${rule}; got ${shown(text)}`)
  if (!URL.canParse(text)) throw refuse("be a URL")
  const url = new URL(text)
  if (url.protocol !== "https:" && url.protocol !== "http:") throw refuse("be https or http")
  if (url.username !== "" || url.password !== "") throw refuse("have no user and no password")
  const host = hostOf(url)
  if (!allowPrivate && ipaddr.isValid(host) && !isPublicAddress(host)) throw refuse("lead to a public address")
  return url
}

/** The host of a URL, without the brackets of an IPv6 address. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "")
}
