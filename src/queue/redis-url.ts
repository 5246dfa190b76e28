import type { ClusterNode, ClusterOptions, RedisOptions } from "ioredis"
import { ValenceError } from "../errors.ts"

/** What a Redis URL says: one server, or found through Sentinels, or a Cluster. */
export type RedisAddress =
  | { readonly kind: "server"; readonly options: RedisOptions }
  | { readonly kind: "cluster"; readonly nodes: ClusterNode[]; readonly options: ClusterOptions }

interface HostPort {
  readonly host: string
  readonly port: number
}

/** A URL without its password, to be shown. */
export function shownUrl(url: string): string {
  return url.replace(/\/\/([^:@/]*)(:.*)?@/, (_, user: string, password = "") => `//${user}${password && ":***"}@`)
}

/**
 * Reads a Redis URL. Besides `redis://` and `rediss://` there are
 * `redis+sentinel://[user:password@]host:port,host:port/NAME[/db]` and `redis+cluster://[user:password@]host:port,...`;
 * `rediss+...` speak TLS to the servers.
 *
 * @throws ValenceError `option_invalid`, without the password
 */
export function readRedisUrl(url: string): RedisAddress {
  const match = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:([^@]*)@)?([^/?]+)(?:\/([^?]*))?$/.exec(url)
  if (!match) throw invalid(url, "must be SCHEME://[user:password@]host:port[/db]")
  const [, scheme, kind, credentials, hosts = "", path = ""] = match
  const defaultPort = kind === "sentinel" ? 26379 : 6379
  const nodes = hosts.split(",").map(host => readHost(url, host, defaultPort))
  const login = { ...readCredentials(url, credentials), ...(scheme === "rediss" && { tls: {} }) }
  if (kind === "cluster") return { kind: "cluster", nodes, options: { redisOptions: login } }
  if (kind === "sentinel") {
    const [name = "", db = ""] = path.split("/")
    if (name === "") throw invalid(url, "must name the Sentinels' master: redis+sentinel://host:port/NAME")
    return { kind: "server", options: { ...login, sentinels: nodes, name, db: readDb(url, db) } }
  }
  const [node] = nodes
  if (nodes.length !== 1 || !node) throw invalid(url, "must name one host; several are redis+sentinel or redis+cluster")
  return { kind: "server", options: { ...login, ...node, db: readDb(url, path) } }
}

function readHost(url: string, text: string, defaultPort: number): HostPort {
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::(\d+))?$/.exec(text)
  const port = match?.[2] === undefined ? defaultPort : Number(match[2])
  if (!match?.[1] || port < 1 || port > 65535)
    throw invalid(url, `host must be HOST or HOST:PORT; got ${text || "none"}`)
  return { host: match[1].replace(/^\[|\]$/g, ""), port }
}

function readCredentials(url: string, text: string | undefined): { username?: string; password?: string } {
  if (text === undefined || text === "") return {}
  const colon = text.indexOf(":")
  const [username, password] = colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)]
  try {
    return {
      ...(username !== "" && { username: decodeURIComponent(username) }),
      ...(password !== "" && { password: decodeURIComponent(password) }),
    }
  } catch {
    throw invalid(url, "user and password must be percent-encoded")
  }
}

function readDb(url: string, text: string): number {
  if (!/^\d{0,4}$/.test(text)) throw invalid(url, `database must be a number; got ${text}`)
  return Number(text)
}

function invalid(url: string, rule: string): ValenceError {
  return new ValenceError("option_invalid", `redis ${rule}; got ${shownUrl(url)}`)
}
