import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Most tests wait, for processes or for Redis, most of the time.
    maxWorkers: availableParallelism(),
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // What a machine is good at must not decide what a test sees.
    env: { VALENCE_TUNE: "off" },
    globalSetup: ["test/redis/global-setup.ts"],
  },
})
