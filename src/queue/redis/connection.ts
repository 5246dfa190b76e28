import type { Cluster, Redis } from "ioredis"

/** A connection to any kind of Redis. */
export type RedisConnection = Redis | Cluster

/** Where Redis is: a URL, or a connection of ioredis (Sentinel, Cluster, TLS files, ...), of which copies are made. */
export type RedisTarget = string | RedisConnection

/** Emitted by a connection, with the error, when it will send a command again that was refused: the caller never hears of it. */
export const refusedEvent = "valence:refused"
