import { once } from "node:events"
import { expect, it } from "vitest"
import { WorkerEmitter } from "../src/events.ts"

it("WorkerEmitter - a listener that throws does not stop the work that reports itself", async () => {
  const events = new WorkerEmitter()
  events.on("tokenised", () => {
    throw new Error("of a listener")
  })
  // Vitest's own listeners would take it for a failure.
  const others = process.listeners("uncaughtException")
  process.removeAllListeners("uncaughtException")
  try {
    const thrown = once(process, "uncaughtException")
    expect(events.emit("tokenised", { texts: 1, ms: 1 })).toBe(true)
    expect((await thrown)[0]).toMatchObject({ message: "of a listener" })
  } finally {
    for (const other of others) process.on("uncaughtException", other)
  }
})
