import { availableParallelism } from "node:os"
import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Most tests wait, for processes or for Redis, most of the time.
    maxWorkers: availableParallelism(),
    // Limits end a test that hangs; they do not judge how fast one is. A busy machine takes ten times as long as an idle one.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 240_000, interval: 5 } },
    // A saved measurement of this machine must not change what a test sees.
    env: { VALENCE_TUNE: "off" },
    globalSetup: ["test/redis/global-setup.ts"],
  },
})
