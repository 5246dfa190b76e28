import { EventEmitter } from "node:events"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { endInterrupted, listenForStop } from "../../src/cli/stop-signals.ts"
import { ValenceError } from "../../src/errors.ts"

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

function listen() {
  const source = new EventEmitter()
  const seen: unknown[] = []
  const stop = listenForStop(
    () => seen.push("stop"),
    source,
    code => seen.push(code),
  )
  return { source, seen, stop }
}

describe("endInterrupted", () => {
  afterEach(() => {
    process.exitCode = undefined
  })

  it("aborted - says so, exit code 130", () => {
    const write = vi.spyOn(process.stderr, "write").mockReturnValue(true)
    endInterrupted(new ValenceError("aborted", "it was stopped"))
    expect(write).toHaveBeenCalledWith("it was stopped\n")
    expect(process.exitCode).toBe(130)
    write.mockRestore()
  })

  it("any other error - throws it", () => {
    const error = new ValenceError("closed", "it was closed")
    expect(() => endInterrupted(error)).toThrow(error)
  })
})

describe("listenForStop", () => {
  it.each(["SIGINT", "SIGTERM"])("%s - the first stops, a second ends the process with 130", name => {
    const { source, seen, stop } = listen()
    expect(stop.signal.aborted).toBe(false)
    source.emit(name)
    expect([stop.signal.aborted, seen]).toEqual([true, ["stop"]])
    vi.advanceTimersByTime(500)
    source.emit(name)
    expect(seen).toEqual(["stop", 130])
  })

  it("the same Ctrl-C twice, from the terminal and from npm - stops once", () => {
    const { source, seen } = listen()
    source.emit("SIGINT")
    vi.advanceTimersByTime(499)
    source.emit("SIGINT")
    expect(seen).toEqual(["stop"])
  })

  it("disposed - listens no longer", () => {
    const { source, stop } = listen()
    stop[Symbol.dispose]()
    expect(source.eventNames()).toEqual([])
  })
})
