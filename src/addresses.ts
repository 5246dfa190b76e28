import { lookup as lookupName } from "node:dns"
import type { LookupFunction } from "node:net"
import ipaddr from "ipaddr.js"

/** Addresses that look public, and lead to the cloud's own services. */
const cloudAddresses: ReadonlySet<string> = new Set(["168.63.129.16"])

/** The part of IPv6 that the open Internet uses, and what is set apart in it besides what the library knows. */
const [internet, internetBits] = ipaddr.IPv6.parseCIDR("2000::/3")
const [examples, examplesBits] = ipaddr.IPv6.parseCIDR("3fff::/20")

/**
 * Where an address leads: `public`, or what it is set apart for, such as `private`, `loopback` or `linkLocal`. An IPv6 address that
 * carries an IPv4 address, in whatever way, is not public: it may lead to that.
 *
 * @returns `invalid` if it is no address
 */
export function addressKind(address: string): string {
  if (!ipaddr.isValid(address)) return "invalid"
  const parsed = ipaddr.parse(address)
  const range = parsed.range()
  if (range !== "unicast") return range
  if (parsed instanceof ipaddr.IPv6) return kindOfIpv6(parsed)
  return cloudAddresses.has(parsed.toString()) ? "cloud" : "public"
}

function kindOfIpv6(address: ipaddr.IPv6): string {
  if (!address.match(internet, internetBits) || address.match(examples, examplesBits)) return "reserved"
  // ISATAP's interface: the last 32 bits are an IPv4 address.
  const [upper = 0, lower = 0] = address.parts.slice(4, 6)
  return (upper === 0 || upper === 0x200) && lower === 0x5efe ? "isatap" : "public"
}

/** Whether an address is in the open Internet: not private, loopback or link-local, and not a way to such an address. */
export function isPublicAddress(address: string): boolean {
  return addressKind(address) === "public"
}

/** The host of a URL, without the brackets of an IPv6 address. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "")
}

/**
 * A look-up of names that gives allowed addresses alone. A connection goes to the very addresses that were checked: a name that
 * leads elsewhere a moment later leads nowhere.
 *
 * @param refuse - what is thrown of an address that is not allowed; `undefined` if it is
 */
export function checkedLookup(
  refuse: (host: string, address: string) => Error | undefined,
  lookup: typeof lookupName = lookupName,
): LookupFunction {
  return (host, options, done) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? []
      if (error || first === undefined) return done(error ?? new Error(`${host} has no address`), "")
      const refusal = addresses.map(({ address }) => refuse(host, address)).find(found => found !== undefined)
      if (refusal) return done(refusal, "")
      if (options.all) done(null, addresses)
      else done(null, first.address, first.family)
    })
  }
}
