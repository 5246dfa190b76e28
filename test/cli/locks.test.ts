import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { existsSync, readdirSync, renameSync, utimesSync } from "node:fs"
import { dirname } from "node:path"
import { text } from "node:stream/consumers"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { TemporaryFolder } from "../corpus/temporary-folder.ts"
import { TestHub, tinyFiles } from "../hub/test-hub.ts"
import { fileToBeThere, runValence, runValenceIn, startValence, toBeTrue } from "./run-valence.ts"

const main = new URL("../../dist/cli/main.js", import.meta.url).pathname
const mayUnshare = spawnSync("unshare", ["--pid", "--uts", "--fork", "--mount-proc", "true"]).status === 0

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
})
afterEach(() => folder[Symbol.dispose]())

const header = "id,text\n"
const rows = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, row) => `${from + row},I love it\n`).join("")

/** The words of a run that goes on as long as its standard input is open. */
const fromStdin = ["label", "-", "--format", "csv", "-o", "out.csv", "--model", "mvp", "--checkpoint-ms", "50"]

/** Makes a lock look as old as one whose holder was silent for so long. */
function age(path: string, seconds: number): void {
  const at = Date.now() / 1000 - seconds
  utimesSync(path, at, at)
}

/** Starts a command line in namespaces of its own. */
function startApart(command: string, ...flags: string[]): { child: ChildProcess; ended: Promise<string> } {
  const child = spawn("unshare", [...flags, "sh", "-c", command, "sh", process.execPath, main], {
    cwd: folder.path,
    env: { PATH: process.env["PATH"], HOME: folder.path, VALENCE_TUNE: "off" },
    stdio: ["pipe", "ignore", "pipe"],
  })
  const ended = Promise.all([text(child.stderr as NonNullable<typeof child.stderr>), once(child, "close")])
  return { child, ended: ended.then(([stderr]) => stderr) }
}

const ownPid = ["--pid", "--fork", "--mount-proc", "--kill-child"]

describe("valence label, an output that another process has locked", () => {
  it("by a run in another PID namespace of the same host - refuses, and that run ends with all of its rows", async context => {
    context.skip(!mayUnshare, "needs unshare as root")
    const first = startValence(folder.path, ...fromStdin)
    first.child.stdin?.write(header + rows(0, 1000))
    await fileToBeThere(folder.at("out.csv"))

    const second = startApart(`exec "$1" "$2" ${fromStdin.join(" ")}`, ...ownPid)
    second.child.stdin?.end(header)
    const stderr = await second.ended
    expect(stderr).toMatch(
      /is locked by process \d+ of another container or machine named .*, last seen \d s ago; waiting/,
    )
    expect(stderr).toMatch(/is being written by another run, process \d+ of another container or machine named/)
    expect(second.child.exitCode).toBe(2)

    first.child.stdin?.end(rows(1000, 2000))
    expect(await first.ended).toMatchObject({ code: 0 })
    expect(folder.read("out.csv").split("\n")).toHaveLength(2002)
    expect(folder.read("out.csv")).not.toContain("\0")
  })

  it("by a killed run under another host name - goes on at once", async context => {
    context.skip(!mayUnshare, "needs unshare as root")
    folder.write("in.csv", header + rows(0, 200_000))
    const words = "label in.csv -o out.csv --model mvp --checkpoint-ms 50"
    const first = startApart(`hostname box-aaa; exec "$1" "$2" ${words}`, "--uts")
    await toBeTrue(() => existsSync(folder.at("out.csv")) && folder.bytes("out.csv").length > 100_000)
    // `unshare --uts` and the shell became the run itself.
    first.child.kill("SIGKILL")
    await first.ended
    expect(existsSync(folder.at("out.csv.lock"))).toBe(true)
    const second = startApart(`hostname box-bbb; exec "$1" "$2" ${words}`, "--uts")
    expect(await second.ended).not.toContain("is locked by")
    expect([second.child.exitCode, folder.read("out.csv").split("\n").length]).toEqual([0, 200_002])
  })

  it("by a container that is gone for more than a minute - goes on; of an older Valence, too", async () => {
    folder.write("in.csv", header + rows(0, 10))
    const holder = '{"pid":1,"host":"c0ffee123456","began":"4711","token":"00000000-0000-0000-0000-000000000000"}'
    age(folder.write("out.csv.lock", holder), 61)
    const { code, stderr } = await runValence(folder.path, "label", "in.csv", "-o", "out.csv", "--model", "mvp")
    expect(stderr).toMatch(/is locked by process 1 on c0ffee123456, last seen 6\d s ago; waiting .* takes over soon/)
    expect(code).toBe(0)
    expect(folder.names()).toEqual(["in.csv", "out.csv", "out.csv.manifest.json"])
  })

  it("by a run that is paused (SIGSTOP) for more than a minute - starts over; woken, that run stops and writes nothing", async () => {
    const first = startValence(folder.path, ...fromStdin)
    first.child.stdin?.write(header + rows(0, 1000))
    await fileToBeThere(folder.at("out.csv"))
    first.child.kill("SIGSTOP")
    age(folder.at("out.csv.lock"), 61)
    folder.write("in.csv", header + rows(5000, 7000))
    const words = ["label", "in.csv", "-o", "out.csv", "--model", "afinn-111"]
    expect(await runValence(folder.path, ...words, "--force")).toMatchObject({ code: 0 })
    const written = folder.bytes("out.csv")

    first.child.stdin?.end(rows(1000, 9000))
    first.child.kill("SIGCONT")
    const { code, stderr } = await first.ended
    expect(stderr).toMatch(
      /error: output .* (was taken over by another run|was replaced by another file|is no longer safe)/,
    )
    expect(code).toBe(2)
    expect(folder.bytes("out.csv").equals(written)).toBe(true)
    expect(await runValence(folder.path, ...words)).toMatchObject({
      stderr: expect.stringContaining("already complete"),
    })
  })

  it("by a process that is killed between two calls of the system - the next one goes on", async () => {
    folder.write("in.csv", header + rows(0, 3000))
    const words = ["label", "in.csv", "-o", "out.csv", "--model", "mvp", "--checkpoint-ms", "1"]
    for (let afterMs = 150; afterMs < 450; afterMs += 30) {
      const { child, ended } = startValence(folder.path, ...words)
      await new Promise(resolve => setTimeout(resolve, afterMs))
      child.kill("SIGKILL")
      await ended
    }
    expect(await runValence(folder.path, ...words)).toMatchObject({ code: 0 })
    expect(folder.read("out.csv").split("\n")).toHaveLength(3002)
  })
})

describe("valence label, files that others change", () => {
  it("the output is moved away - exit code 2, which says what to do", async () => {
    const { child, ended } = startValence(folder.path, ...fromStdin)
    child.stdin?.write(header + rows(0, 1000))
    await fileToBeThere(folder.at("out.csv"))
    renameSync(folder.at("out.csv"), folder.at("moved.csv"))
    child.stdin?.end(rows(1000, 2000))
    const { code, stderr } = await ended
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /error: output .*out.csv was removed or moved away during the run: .* the same command continues\n/,
    )
  })

  it("the output is a mount that cannot be replaced - is written in its place", async context => {
    context.skip(!mayUnshare, "needs unshare as root")
    folder.write("in.csv", header + rows(0, 10))
    folder.write("real.parquet", "")
    folder.write("out.parquet", "")
    const words = "label in.csv -o out.parquet --model mvp"
    const { child, ended } = startApart(`mount --bind real.parquet out.parquet; exec "$1" "$2" ${words}`, "--mount")
    expect(await ended).toContain("10 rows")
    expect(child.exitCode).toBe(0)
    expect(folder.bytes("real.parquet").subarray(0, 4).toString()).toBe("PAR1")
    expect(folder.bytes("out.parquet")).toHaveLength(0)
  })
})

describe("valence models pull, a lock of a worker that was killed in another container", () => {
  it("is waited for until it was silent for a minute, then taken over", async () => {
    await using hub = await TestHub.start()
    hub.put("someone/tiny", tinyFiles())
    const lock = ".cache/valence/models/someone/tiny/lock"
    const holder = { pid: 1, host: "c0ffee123456", began: "4711", token: "00000000-0000-0000-0000-000000000000" }
    age(folder.write(lock, JSON.stringify(holder)), 58)
    const words = ["models", "pull", "someone/tiny", "--dtype", "fp32"]
    const { code, stderr } = await runValenceIn({ HF_ENDPOINT: hub.url }, folder.path, ...words)
    expect(stderr).toMatch(
      /someone\/tiny: waiting for process 1 on c0ffee123456, last seen \d+ s ago; if it stays silent, this process takes over/,
    )
    expect(code).toBe(0)
    expect(readdirSync(dirname(folder.at(lock)))).not.toContain("lock")
  })
})
