import { afterEach, vi } from "vitest"

const realNow = Date.now

/** Sets the clock of this process, and not that of Redis, until the test has ended; 0 sets it right again. */
export function skew(ms: number): void {
  vi.spyOn(Date, "now").mockImplementation(() => realNow.call(Date) + ms)
}
afterEach(() => void vi.restoreAllMocks())
