import { readFileSync } from "node:fs"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { globSync } from "tinyglobby"
import { expect, it } from "vitest"
import { timeLimit } from "../src/aborting.ts"
import { eventually } from "./eventually.ts"

it("a time limit among other signals - aborts, though garbage is collected before", async () => {
  using late = timeLimit(50)
  const aborted: unknown[] = []
  const signal = AbortSignal.any([new AbortController().signal, late.signal])
  signal.addEventListener("abort", () => aborted.push(signal.reason.name))
  setFlagsFromString("--expose-gc")
  runInNewContext("gc")()
  await eventually(() => aborted.length > 0)
  expect(aborted).toEqual(["TimeoutError"])
})

it("AbortSignal.timeout within AbortSignal.any, which Node 20 forgets - is nowhere", () => {
  const forgets = (file: string) => /AbortSignal\.any\([^;]*AbortSignal\.timeout/.test(readFileSync(file, "utf8"))
  expect(globSync("src/**/*.ts").filter(forgets)).toEqual([])
})
