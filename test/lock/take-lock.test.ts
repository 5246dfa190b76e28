import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, renameSync, rmSync, utimesSync } from "node:fs"
import { createInterface } from "node:readline"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import type { HeldLock } from "../../src/lock/held-lock.ts"
import { thisHolder } from "../../src/lock/holder.ts"
import type { LockTiming } from "../../src/lock/holder-watch.ts"
import { type SeenHolder, takeLock } from "../../src/lock/take-lock.ts"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
})
afterEach(() => folder[Symbol.dispose]())

/** As in use, but for beats: a lock that looks old is taken over sooner. */
const timing: LockTiming = { beatMs: 200, staleMs: 60_000, lookMs: 10 }

const take = (onWaiting?: (holder: SeenHolder) => void, forLiving = false) =>
  takeLock(folder.at("lock"), { forLiving, onWaiting, timing })

async function taken(...words: Parameters<typeof take>): Promise<HeldLock> {
  const { lock } = await take(...words)
  if (lock === undefined) throw new Error("the lock is held by a process that is alive")
  return lock
}

/** A lock that another process left, so many seconds ago. */
function left(other: object, secondsAgo = 0): void {
  const holder = { ...thisHolder("left"), namespace: "pid:[1]", pid: 1, beatMs: 200, ...other }
  age(folder.write("lock", JSON.stringify(holder)), secondsAgo)
}

function age(path: string, secondsAgo: number): void {
  const at = Date.now() / 1000 - secondsAgo
  utimesSync(path, at, at)
}

/** As an older Valence wrote it. */
const oldHolder = { host: "c0ffee123456", boot: undefined, namespace: undefined, beatMs: undefined }
const noSuchPid = 2 ** 22 + 1
const here = { namespace: thisHolder("").namespace }

describe("takeLock", () => {
  it("is held until it is released, and leaves nothing behind", async () => {
    const lock = await taken()
    expect(await take()).toEqual({
      holder: {
        description: expect.stringMatching(new RegExp(`^process ${process.pid}, last seen \\d+ s ago$`)),
        remainingMs: expect.any(Number),
      },
    })
    expect([await lock.state(), lock.mayBeShared]).toEqual(["held", false])
    await lock.release()
    await lock.release()
    await (await taken()).release()
    expect(folder.names()).toEqual([])
  })

  it("many at once - one has it", async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => take()))
    expect(all.filter(({ lock }) => lock)).toHaveLength(1)
    expect(folder.names()).toEqual(["lock"])
    await all.find(({ lock }) => lock)?.lock?.release()
  })

  it("of a process that is dead - taken over at once, and its files are its no more", async () => {
    left({ pid: noSuchPid, ...here })
    const waited: SeenHolder[] = []
    const lock = await taken(seen => waited.push(seen))
    expect([waited, lock.mayBeShared, folder.names()]).toEqual([[], false, ["lock"]])
    await lock.release()
  })

  it.each<[string, { secondsAgo?: number; host?: string; boot?: string | undefined }]>([
    ["of another namespace", {}],
    ["of another machine", { host: "c0ffee123456", boot: "b" }],
    ["of an older Valence in another container", { ...oldHolder, secondsAgo: 61 }],
    ["with a clock that is ahead", { secondsAgo: -3600 }],
  ])(
    "%s, silent for more than a minute - taken over, and its files may be shared",
    async (_, { secondsAgo = 61, ...other }) => {
      left(other, secondsAgo)
      const lock = await taken()
      expect([await lock.state(), lock.mayBeShared, folder.names()]).toEqual(["held", true, ["lock"]])
      await lock.release()
    },
  )

  it("of another machine, silent for less than a minute - waits, and says how long", async () => {
    left({ host: "elsewhere", boot: "b" }, 40)
    const stop = new AbortController()
    const seen = await new Promise<SeenHolder>((resolve, reject) => {
      takeLock(folder.at("lock"), { forLiving: false, onWaiting: resolve, signal: stop.signal, timing }).catch(reject)
    })
    stop.abort()
    expect(seen.description).toMatch(/^process 1 on elsewhere, last seen 4\d s ago$/)
    expect(seen.remainingMs).toBeLessThanOrEqual(20_000)
  })

  it("of another machine that touches it - not taken over", async () => {
    left({ host: "elsewhere", boot: "b" }, 50)
    const beats = setInterval(() => age(folder.at("lock"), 50), 20)
    const { holder } = await take()
    clearInterval(beats)
    expect(holder?.description).toMatch(/^process 1 on elsewhere/)
  })

  it("released while it is waited for - taken", async () => {
    left({ host: "elsewhere", boot: "b" })
    const lock = await taken(() => rmSync(folder.at("lock")), true)
    expect([await lock.state(), lock.mayBeShared]).toEqual(["held", false])
    await lock.release()
  })

  it("damaged - taken over, and its files may be shared", async () => {
    folder.write("lock", '{"pid":')
    const lock = await taken()
    expect([await lock.state(), lock.mayBeShared, folder.names()]).toEqual(["held", true, ["lock"]])
    await lock.release()
  })

  it("a take-over that a crash cut short, twice - taken over", async () => {
    left({ pid: noSuchPid, ...here })
    const dead = { ...thisHolder("second"), pid: noSuchPid, beatMs: 200 }
    folder.write("lock.left.next", JSON.stringify(dead))
    folder.write("lock.second.next", JSON.stringify({ ...dead, token: "third" }))
    const lock = await taken()
    expect([await lock.state(), folder.names()]).toEqual(["held", ["lock"]])
    await lock.release()
  })

  it("taken over from one that was paused - that one sees it, and its release leaves the lock alone", async () => {
    const lock = await taken()
    renameSync(folder.at("lock"), folder.at("away"))
    const other = await taken()
    expect([await lock.state(), await other.state()]).toEqual(["taken", "held"])
    await lock.release()
    expect(await other.state()).toBe("held")
    await other.release()
    expect(await other.state()).toBe("gone")
  })

  it("the beat of one that lost its lock - does not touch the other's", async () => {
    const lock = await takeLock(folder.at("lock"), { forLiving: false, timing: { ...timing, beatMs: 5 } })
    renameSync(folder.at("lock"), folder.at("away"))
    const other = await taken()
    const content = folder.read("lock")
    age(folder.at("away"), 100)
    await expect.poll(() => folder.modifiedMs("away")).toBeGreaterThan(Date.now() - 50_000)
    expect(folder.read("lock")).toBe(content)
    await lock.lock?.release()
    await other.release()
  })
})

/** Takes the lock again and again, and says `two` if another living process has it too. Some turns end in a crash. */
const contender = `
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { takeLock } from ${JSON.stringify(new URL("../../dist/lock/take-lock.js", import.meta.url).href)}
const [path, turns] = process.argv.slice(1)
const timing = { beatMs: 1000, staleMs: 60000, lookMs: 1 }
const isAlive = pid => { try { process.kill(pid, 0); return true } catch { return false } }
for (let turn = 0; turn < Number(turns); turn++) {
  const { lock } = await takeLock(path, { forLiving: true, timing })
  const inside = path + ".inside"
  if (existsSync(inside)) {
    const pid = Number(readFileSync(inside, "utf8"))
    if (pid !== process.pid && isAlive(pid)) console.log("two")
  }
  writeFileSync(inside, String(process.pid))
  await new Promise(resolve => setTimeout(resolve, Math.random() * 3))
  if (readFileSync(inside, "utf8") !== String(process.pid) || (await lock.state()) !== "held") console.log("two")
  console.log("turn")
  if (Math.random() < 0.1) process.kill(process.pid, "SIGKILL")
  rmSync(inside)
  await lock.release()
}
`

describe("processes that want a lock at the same time", () => {
  const turns = 150

  it("and die with it - one has it at a time, and each dead one is followed", async () => {
    const said: string[] = []
    const start = (): ChildProcess => {
      const child = spawn(process.execPath, ["--input-type=module", "-e", contender, folder.at("lock"), "1000"], {
        stdio: ["ignore", "pipe", "inherit"],
      })
      createInterface({ input: child.stdout }).on("line", line => said.push(line))
      return child
    }
    let crashes = 0
    const keep = async () => {
      while (said.length < turns) {
        const child = start()
        const closed = once(child, "close")
        const stop = setInterval(() => said.length >= turns && child.kill("SIGKILL"), 10)
        const [, signal] = await closed
        clearInterval(stop)
        if (signal === "SIGKILL" && said.length < turns) crashes++
      }
    }
    await Promise.all(Array.from({ length: 5 }, keep))
    expect(crashes).toBeGreaterThan(3)
    expect(said.filter(word => word !== "turn")).toEqual([])
    await (await taken()).release()
    expect(existsSync(folder.at("lock"))).toBe(false)
  })
})
