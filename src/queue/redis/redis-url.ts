import type { ClusterNode, ClusterOptions, RedisOptions } from "ioredis"
import { ValenceError } from "../../errors.ts"

/** What a Redis URL says: one server, or found through Sentinels, or a Cluster. */
export type RedisAddress =
  | { readonly kind: "server"; readonly options: RedisOptions }
  | { readonly kind: "cluster"; readonly nodes: ClusterNode[]; readonly options: ClusterOptions }

interface HostPort {
  readonly host: string
  readonly port: number
}

/** How a Redis URL begins. */
export const redisSchemes = /^(?:rediss?(?:\+(?:sentinel|cluster))?|(?:redis\+)?unix):\/\//

/** A user's name or password may have any character but `@` in its place of a URL: what is after the last one is the host. */
const urlPattern = /^(rediss?)(?:\+(sentinel|cluster))?:\/\/(?:(.*)@)?([^@/?#]+)(?:\/([^?#]*))?$/s
const socketPattern = /^(?:redis\+)?unix:\/\/(?:([^/]*)@)?(\/[^?#]+)(?:\?db=(\d+))?$/s

/** A URL as it may be shown: if it leads to, without user and password; of one that cannot be read, its scheme. */
export function shownUrl(url: string): string {
  const [, secure, kind, , hosts, path] = urlPattern.exec(url) ?? []
  if (hosts !== undefined)
    return `${secure}${kind ? `+${kind}` : ""}://${hosts}${path && /^[\w.-]+(\/\d*)?$/.test(path) ? `/${path}` : ""}`
  const [, , socket, db] = socketPattern.exec(url) ?? []
  if (socket !== undefined) return `unix://${socket}${db ? `?db=${db}` : ""}`
  return `${redisSchemes.exec(url)?.[0] ?? ""}…`
}

/**
 * Reads a Redis URL. Besides `redis://` and `rediss://` there are
 * `redis+sentinel://[user:password@]host:port,host:port/NAME[/db]`, `redis+cluster://[user:password@]host:port,...` and
 * `unix://[user:password@]/PATH[?db=N]`; `rediss...` speaks TLS to the servers.
 *
 * @throws ValenceError `option_invalid`, without user and password
 */
export function readRedisUrl(url: string): RedisAddress {
  const socket = socketPattern.exec(url)
  if (socket) {
    const [, credentials, path = "", db = ""] = socket
    return { kind: "server", options: { ...readCredentials(url, credentials), path, db: readDb(url, db) } }
  }
  const match = urlPattern.exec(url)
  if (!match) throw invalid(url, "must be SCHEME://[user:password@]host:port[/db]")
  const [, scheme, kind, credentials, hosts = "", path = ""] = match
  const defaultPort = kind === "sentinel" ? 26379 : 6379
  const nodes = hosts.split(",").map(host => readHost(url, host, defaultPort))
  const login = { ...readCredentials(url, credentials), ...(scheme === "rediss" && { tls: {} }) }
  if (kind === "cluster") {
    if (readDb(url, path) !== 0) throw invalid(url, "must name no database: a Redis Cluster has database 0 alone")
    return { kind: "cluster", nodes, options: { redisOptions: login } }
  }
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
    throw invalid(url, "host must be HOST or HOST:PORT, with a port up to 65535")
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
    throw invalid(url, "user and password must be percent-encoded: % is %25, @ is %40, / is %2F")
  }
}

function readDb(url: string, text: string): number {
  if (!/^\d{0,4}$/.test(text)) {
    const encode = "if the password has a / or an @, write %2F or %40"
    throw invalid(url, `database must be a number; ${encode}`)
  }
  return Number(text)
}

function invalid(url: string, rule: string): ValenceError {
  return new ValenceError("option_invalid", `redis ${rule}; got ${shownUrl(url)}`)
}
