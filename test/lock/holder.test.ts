import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync, readlinkSync } from "node:fs"
import { hostname } from "node:os"
import { describe, expect, it } from "vitest"
import { describeHolder, fateOf, type Holder, noteHeld, readHolder, thisHolder } from "../../src/lock/holder.ts"

const own: Holder = { ...thisHolder("own"), beatMs: 5000 }
const noSuchPid = 2 ** 22 + 1
const onLinux = process.platform === "linux"

describe("thisHolder", () => {
  it.runIf(onLinux)("names namespace, boot and the beginning of the process", () => {
    expect(own).toMatchObject({
      pid: process.pid,
      host: hostname(),
      boot: readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(),
      namespace: readlinkSync("/proc/self/ns/pid"),
      began: expect.stringMatching(/^\d+$/),
    })
  })
})

describe("fateOf", () => {
  it.runIf(onLinux).each<[string, Partial<Holder>]>([
    ["alive", {}],
    ["alive", { host: "renamed" }],
    ["dead", { pid: noSuchPid }],
    ["dead", { pid: noSuchPid, host: "renamed" }],
    ["dead", { pid: process.ppid, began: "0" }],
    ["dead", { began: "0" }],
    // The number means another process there.
    ["unknown", { pid: noSuchPid, namespace: "pid:[1]" }],
    ["unknown", { namespace: "pid:[1]" }],
    ["unknown", { pid: noSuchPid, boot: "another" }],
    ["unknown", { began: "" }],
    // An older Valence wrote no namespace and no boot.
    ["alive", { namespace: "", boot: "", beatMs: undefined }],
    ["unknown", { pid: noSuchPid, namespace: "", boot: "", beatMs: undefined }],
    ["unknown", { host: "elsewhere", namespace: "", boot: "", beatMs: undefined }],
  ])("%s: %o", (fate, other) => {
    expect(fateOf({ ...own, ...other })).toBe(fate)
  })

  it("of a token that this process holds - alive", () => {
    const other = { ...own, token: "t", namespace: "pid:[1]" }
    noteHeld("t", true)
    expect(fateOf(other)).toBe("alive")
    noteHeld("t", false)
    expect(fateOf(other)).not.toBe("alive")
  })

  it.runIf(onLinux)("of a process that ends - alive, then dead", async () => {
    const child = spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio: ["pipe", "ignore", "ignore"] })
    await once(child, "spawn")
    const pid = child.pid as number
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    const holder = { ...own, pid, began: stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] as string }
    expect(fateOf(holder)).toBe("alive")
    child.kill("SIGKILL")
    await once(child, "close")
    expect(fateOf(holder)).toBe("dead")
  })
})

describe("describeHolder", () => {
  it.each<[string, Partial<Holder>]>([
    [`process ${process.pid}`, {}],
    [`process ${process.pid} on elsewhere`, { host: "elsewhere" }],
  ])("%s", (described, other) => {
    expect(describeHolder({ ...own, ...other })).toBe(described)
  })

  it("of the same host in another namespace - says so", () => {
    expect(describeHolder({ ...own, boot: "b", namespace: "pid:[1]" })).toBe(
      `process ${process.pid} of another container or machine named ${hostname()}`,
    )
  })
})

describe("readHolder", () => {
  it("reads what an older Valence wrote", () => {
    const old = '{"pid":1,"host":"c0ffee123456","began":"4711","token":"00000000-0000-0000-0000-000000000000"}'
    expect(readHolder(old)).toEqual({
      pid: 1,
      host: "c0ffee123456",
      began: "4711",
      boot: "",
      namespace: "",
      token: "00000000-0000-0000-0000-000000000000",
      beatMs: undefined,
    })
  })

  it.each(["", '{"pid":', "null", "[]", '{"pid":0,"token":"t"}', '{"pid":1}', '{"pid":1,"token":"../t"}'])(
    "%j - undefined",
    text => {
      expect(readHolder(text)).toBeUndefined()
    },
  )
})
