import { isIP } from "node:net"
import { hostOf, isPublicAddress } from "../../addresses.ts"
import { shown } from "../../errors.ts"
import { RequestError } from "../problem.ts"

/**
 * The URL of a webhook. Its name is resolved and checked each time it is sent.
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
  if (!allowPrivate && isIP(host) !== 0 && !isPublicAddress(host)) throw refuse("lead to a public address")
  return url
}
