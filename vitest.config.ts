import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // What a machine is good at must not decide what a test sees.
    env: { VALENCE_TUNE: "off" },
    globalSetup: ["test/redis/global-setup.ts"],
  },
})
