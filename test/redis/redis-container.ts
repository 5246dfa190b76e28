import type { ContainerRuntimeClient } from "testcontainers"
import type { TestRedis } from "./test-redis.ts"
import { afterThisProcess } from "./watchdog.ts"

const containerPort = 6379

/**
 * Starts a Redis or Valkey in a container.
 *
 * @param image - `redis:7-alpine`, `valkey/valkey:8-alpine`: its server is named as the image is
 * @returns undefined where no Docker answers, or it has not the image and cannot pull it
 * @throws Error where the container cannot be run
 */
export async function startRedisContainer(image: string): Promise<TestRedis | undefined> {
  // Takes half a second to load; most runs of the tests need no container.
  const { GenericContainer, Wait, getContainerRuntimeClient, getReaper } = await import("testcontainers")
  const client = await orUndefined(getContainerRuntimeClient())
  if (!client || !(await hasImage(client, image))) return undefined
  // Ryuk removes the containers of processes that were killed. It is an image too, and testcontainers starts nothing where it
  // is not to be had; the watchdog below does without.
  if (!(await orUndefined(getReaper(client)))) process.env["TESTCONTAINERS_RYUK_DISABLED"] = "true"
  const server = image.includes("valkey") ? "valkey-server" : "redis-server"
  const container = await new GenericContainer(image)
    .withCommand([server, "--save", "", "--maxmemory-policy", "noeviction", "--protected-mode", "no"])
    .withExposedPorts(containerPort)
    .withAutoRemove(true)
    .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
    .start()
  const callOff = afterThisProcess('docker rm --force "$1"', container.getId())
  const url = `redis://${container.getHost()}:${container.getMappedPort(containerPort)}`
  return {
    url,
    origin: `a container of ${image} at ${url}`,
    async stop() {
      await container.stop()
      callOff()
    },
  }
}

async function hasImage(client: ContainerRuntimeClient, image: string): Promise<boolean> {
  const { ImageName } = await import("testcontainers")
  const name = ImageName.fromString(image)
  await orUndefined(client.image.pull(name))
  // A pull that fails half-way says nothing.
  return client.image.exists(name)
}

async function orUndefined<Value>(promise: Promise<Value>): Promise<Value | undefined> {
  try {
    return await promise
  } catch {
    return undefined
  }
}
