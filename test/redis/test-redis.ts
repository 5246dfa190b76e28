/** The Redis that tests share. */
export interface TestRedis {
  readonly url: string
  /** Which it is, to be shown; without a password. */
  readonly origin: string
  stop(): Promise<void>
}

/** Where a Redis for tests may come from. */
export interface RedisPlaces {
  /** The one that REDIS_URL of the environment names; `stop` leaves it as it is. */
  readonly named: () => Promise<TestRedis | undefined>
  /** A server of its own, by the program on the PATH. */
  readonly installed: () => Promise<TestRedis | undefined>
  /** One in a container, where a Docker answers and has the image or can get it. */
  readonly contained: () => Promise<TestRedis | undefined>
  /** Installs the program, where that may be done without asking. */
  readonly install: () => Promise<void>
}

/**
 * Opens the first Redis that is to be had: the named one, a server of its own, a container, a server that is installed now.
 *
 * A place is not asked where one before it has a Redis: Docker takes longer to answer than a server takes to start.
 *
 * @throws Error with what to install, where there is none
 */
export async function openTestRedis({ named, installed, contained, install }: RedisPlaces): Promise<TestRedis> {
  const redis = (await named()) ?? (await installed()) ?? (await contained())
  if (redis) return redis
  await install()
  const late = await installed()
  if (late) return late
  throw new Error(
    "Tests need a Redis: install redis-server or valkey-server on the PATH, or start Docker, or set REDIS_URL",
  )
}
