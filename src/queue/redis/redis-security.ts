import { readFileSync } from "node:fs"
import { connect } from "node:net"
import { connect as connectTls, type SecureContextOptions } from "node:tls"
import type { RedisOptions } from "ioredis"
import { asError, ValenceError } from "../../errors.ts"
import type { RedisAddress } from "./redis-url.ts"

/** What a connection is secured with, besides what its URL says. */
export interface RedisSecurity {
  /** Path of a PEM file: the CA that signed the servers' certificates. */
  readonly redisCa?: string | undefined
  /** Paths of PEM files: the client's certificate and its key. */
  readonly redisCert?: string | undefined
  readonly redisKey?: string | undefined
  readonly sentinelUsername?: string | undefined
  readonly sentinelPassword?: string | undefined
}

/** A Sentinel that says nothing for this long gives no answer. */
const silentMs = 2000

function readPem(option: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new ValenceError("option_invalid", `${option} must be a PEM file; ${asError(cause).message}`, { cause })
  }
}

function tlsOf({ redisCa, redisCert, redisKey }: RedisSecurity): SecureContextOptions {
  if ((redisCert === undefined) !== (redisKey === undefined))
    throw new ValenceError("option_invalid", "redisCert and redisKey must be given together")
  return {
    ...(redisCa !== undefined && { ca: readPem("redisCa", redisCa) }),
    ...(redisCert !== undefined && { cert: readPem("redisCert", redisCert) }),
    ...(redisKey !== undefined && { key: readPem("redisKey", redisKey) }),
  }
}

/**
 * An address with its certificates and the Sentinels' credentials.
 *
 * With Sentinels, `rediss+sentinel` means TLS to the master always, and to the Sentinels if they speak it: many leave
 * those in plain text, which tell addresses and no secrets. With a password of theirs, they must speak TLS.
 *
 * @throws ValenceError `option_invalid` for files that cannot be read, or that nothing would use
 */
export async function secured(address: RedisAddress, security: RedisSecurity): Promise<RedisAddress> {
  const tls = tlsOf(security)
  const login: RedisOptions = (address.kind === "cluster" ? address.options.redisOptions : address.options) ?? {}
  if (login.tls === undefined && Object.keys(tls).length > 0)
    throw new ValenceError("option_invalid", "redisCa, redisCert and redisKey need a URL with TLS: rediss://...")
  const withTls: RedisOptions = login.tls === undefined ? {} : { tls }
  if (address.kind === "cluster")
    return { ...address, options: { ...address.options, redisOptions: { ...login, ...withTls } } }
  const sentinels = login.sentinels ?? []
  if (sentinels.length === 0) return { ...address, options: { ...login, ...withTls } }
  const { sentinelUsername, sentinelPassword } = security
  const credentials = {
    ...(sentinelUsername !== undefined && { sentinelUsername }),
    ...(sentinelPassword !== undefined && { sentinelPassword }),
  }
  if (login.tls === undefined) return { ...address, options: { ...login, ...credentials } }
  const isPlain = await speakPlainText(sentinels, tls)
  if (isPlain && sentinelPassword !== undefined)
    throw new ValenceError(
      "option_invalid",
      "the Sentinels do not speak TLS, and their password would be sent in plain text: give them a tls-port, or use redis+sentinel://",
    )
  const sentinelTls = isPlain ? {} : { sentinelTLS: tls }
  return {
    ...address,
    options: { ...login, ...withTls, ...credentials, ...sentinelTls, enableTLSForSentinelMode: true },
  }
}

/** Whether none of some Sentinels speaks TLS, and one answers in plain text. */
async function speakPlainText(sentinels: readonly HostPort[], tls: SecureContextOptions): Promise<boolean> {
  const secure = await Promise.all(sentinels.map(node => speaksTls(node, tls)))
  if (secure.includes(true)) return false
  return (await Promise.all(sentinels.map(answersPlainPing))).includes(true)
}

interface HostPort {
  readonly host?: string
  readonly port?: number
}

/** Whether a TLS greeting is answered by one, be its certificate good or bad. A Redis without TLS says nothing at all. */
function speaksTls({ host, port }: HostPort, tls: SecureContextOptions): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connectTls({ ...tls, host, port, timeout: silentMs }, () => end(true))
    const end = (speaks: boolean) => {
      socket.destroy()
      resolve(speaks)
    }
    socket.once("timeout", () => end(false))
    socket.once("error", (error: NodeJS.ErrnoException) => end(/CERT|ALTNAME|SIGNATURE|ISSUER/.test(error.code ?? "")))
  })
}

/** Whether a PING in plain text is answered as Redis answers, with or without a password. */
function answersPlainPing({ host = "localhost", port = 0 }: HostPort): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ host, port, timeout: silentMs }, () => socket.write("PING\r\n"))
    const end = (answers: boolean) => {
      socket.destroy()
      resolve(answers)
    }
    socket.once("data", data => end(data[0] === 0x2b || data[0] === 0x2d))
    socket
      .once("timeout", () => end(false))
      .once("error", () => end(false))
      .once("close", () => end(false))
  })
}
