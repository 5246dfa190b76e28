import type { RedisConnection } from "../../../src/queue/redis/connection.ts"

/** The Redis of a stage, of one server or of several, and how processes get to it. */
export interface RedisPlace extends AsyncDisposable {
  /** What workers, and what producers, are given as `--redis`. */
  readonly workerUrl: string
  readonly producerUrl: string
  /** Opens a connection to look into it, which finds the server that serves. */
  connect(): Promise<RedisConnection>
  /** Returns when all of it runs, so that a disaster can strike. */
  restore(): Promise<void>
}
