/**
 * Runs the tests that need a Redis against Redis and Valkey in containers: `npm run test:containers`.
 *
 * An image that is neither here nor to be pulled is skipped, and said so, but for the first, without which this fails.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { startRedisContainer } from "./redis/redis-container.ts"

const images = ["redis:7-alpine", "valkey/valkey:8-alpine"]
const folders = ["test/queue/", "test/producer/", "test/worker/", "test/redis/"]

let isInterrupted = false
// Ctrl-C reaches vitest as well; this goes on to stop the container.
process.on("SIGINT", () => {
  isInterrupted = true
})

const failed: string[] = []
for (const image of images) {
  const redis = await startRedisContainer(image)
  if (redis) {
    console.log(`Tests on ${redis.origin}`)
    try {
      if (!(await testsPass(redis.url))) failed.push(image)
    } finally {
      await redis.stop()
    }
  } else if (image === images[0]) {
    console.error(`${image} must be run: start Docker, and pull or load the image`)
    failed.push(image)
    break
  } else {
    console.warn(`Skipped ${image}: it is neither here nor to be pulled`)
  }
  if (isInterrupted) break
}
if (failed.length > 0) {
  console.error(`Failed: ${failed.join(", ")}`)
  process.exitCode = 1
}

async function testsPass(url: string): Promise<boolean> {
  const vitest = spawn(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...folders], {
    stdio: "inherit",
    env: { ...process.env, REDIS_URL: url },
  })
  const [code] = await once(vitest, "exit")
  return code === 0
}
