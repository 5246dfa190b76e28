import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Fate, type Holder, thisHolder } from "../../src/lock/holder.ts"
import { HolderWatch, lockTiming } from "../../src/lock/holder-watch.ts"

const { beatMs, staleMs, lookMs } = lockTiming
const holder: Holder = { ...thisHolder("t"), beatMs }
const old: Holder = { ...holder, beatMs: undefined }

/** The verdicts of looks at moments, ms, at a lock that was last touched at others. */
function verdicts(fate: Fate, looks: readonly (readonly [nowMs: number, beatAtMs: number])[], of = holder) {
  const watch = new HolderWatch(() => fate)
  return looks.map(([nowMs, beatAtMs]) =>
    watch.judge({ path: "lock", token: of.token, holder: of, beatAtMs }, nowMs, nowMs),
  )
}

describe("HolderWatch", () => {
  it("a dead holder - free at once", () => {
    expect(verdicts("dead", [[0, 0]])).toEqual(["free"])
  })

  it("a process that is known and touched the lock lately - living", () => {
    expect(verdicts("alive", [[4000, 0]])).toEqual(["living"])
  })

  it("a process that is known and does not touch the lock any more - unsure, then free", () => {
    expect(
      verdicts("alive", [
        [20_000, 0],
        [59_000, 0],
        [60_000, 0],
      ]),
    ).toEqual(["unsure", "unsure", "free"])
  })

  it("a process of an older Valence, which touches nothing - living as long as it is known to run", () => {
    const looks = [
      [4000, 0],
      [4_000_000, 0],
    ] as const
    expect(verdicts("alive", looks, old)).toEqual(["living", "living"])
  })

  it("of a process that nobody here knows - unsure, until it touches the lock or was silent for a minute", () => {
    expect(
      verdicts("unknown", [
        [1000, 0],
        [3000, 0],
        [5250, 5000],
      ]),
    ).toEqual(["unsure", "unsure", "living"])
    expect(
      verdicts("unknown", [
        [50_000, 0],
        [59_900, 0],
        [60_000, 0],
      ]),
    ).toEqual(["unsure", "unsure", "free"])
  })

  it("a lock that looks old at the first look - free when it was not touched for longer than a beat", () => {
    expect(
      verdicts("unknown", [
        [7_200_000, 0],
        [7_206_000, 0],
        [7_208_000, 0],
      ]),
    ).toEqual(["unsure", "unsure", "free"])
  })

  it("a lock that looks old because the clock jumped - living when it is touched again", () => {
    expect(
      verdicts("unknown", [
        [7_200_000, 0],
        [7_205_000, 7_204_000],
      ]),
    ).toEqual(["unsure", "living"])
  })

  it("another holder - is watched from its beginning", () => {
    const watch = new HolderWatch(() => "unknown")
    const found = { path: "lock", token: "t", holder, beatAtMs: 0 }
    expect(watch.judge(found, 0, 0)).toBe("unsure")
    const other = { ...found, token: "u", holder: { ...holder, token: "u" } }
    expect(watch.judge(other, 59_000, 59_000)).toBe("unsure")
    expect(watch.judge(other, 61_000, 61_000)).toBe("unsure")
    expect(watch.judge(other, 67_000, 67_000)).toBe("free")
  })

  it("a damaged lock - free when it stays so for a second", () => {
    const watch = new HolderWatch(() => "unknown")
    const found = { path: "lock", token: "damaged-1", holder: undefined, beatAtMs: 0 }
    expect([0, 500, 1000].map(nowMs => watch.judge(found, nowMs, nowMs))).toEqual(["unsure", "unsure", "free"])
  })

  it("a holder that touches the lock - never free, wherever the clock of the volume jumps", () => {
    const hour = 3_600_000
    fc.assert(
      fc.property(
        fc.constantFrom<Fate>("alive", "unknown"),
        fc.array(fc.record({ atMs: fc.nat(120_000), byMs: fc.integer({ min: -2 * hour, max: 2 * hour }) })),
        fc.nat(beatMs),
        (fate, jumps, firstMs) => {
          const volumeAt = (ms: number) => jumps.reduce((sum, { atMs, byMs }) => sum + (atMs <= ms ? byMs : 0), ms)
          const watch = new HolderWatch(() => fate)
          for (let nowMs = firstMs; nowMs < 120_000; nowMs += lookMs) {
            const beatAtMs = volumeAt(Math.floor(nowMs / beatMs) * beatMs)
            expect(watch.judge({ path: "lock", token: "t", holder, beatAtMs }, volumeAt(nowMs), nowMs)).not.toBe("free")
          }
        },
      ),
    )
  })

  it("a holder that is silent - free within a minute and some beats, wherever the clock of the volume jumps", () => {
    const hour = 3_600_000
    const clock = fc.array(fc.record({ atMs: fc.nat(2 * staleMs), byMs: fc.integer({ min: -hour, max: hour }) }))
    fc.assert(
      fc.property(clock, fc.integer({ min: -hour, max: hour }), (jumps, beatAtMs) => {
        const volumeAt = (ms: number) => jumps.reduce((sum, { atMs, byMs }) => sum + (atMs <= ms ? byMs : 0), ms)
        const watch = new HolderWatch(() => "unknown")
        const seen = []
        for (let nowMs = 0; nowMs <= staleMs + lookMs; nowMs += lookMs)
          seen.push(watch.judge({ path: "lock", token: "t", holder, beatAtMs }, volumeAt(nowMs), nowMs))
        expect(seen).toContain("free")
      }),
    )
  })
})
