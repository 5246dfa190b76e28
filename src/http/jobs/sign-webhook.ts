import { createHmac } from "node:crypto"

/**
 * The header `x-valence-signature`: `t=SECONDS,v1=HMAC`, an HMAC-SHA256 in hex over `SECONDS.BODY`. The time is signed, so that an old
 * request cannot be sent again.
 */
export function signatureOf(body: string, secret: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000)
  return `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}`
}
