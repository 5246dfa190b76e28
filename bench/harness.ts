/**
 * What the benches share: rounds in which the contestants take turns, the figures that come of them, and how much of
 * the machine other processes took meanwhile.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { availableParallelism, cpus } from "node:os"
import { setTimeout as sleep } from "node:timers/promises"
import type { ParseArgsConfig } from "node:util"
import Table from "cli-table3"
import { cpuKind } from "./cpu-kind.ts"
import { generateEnglishTexts } from "./generate-texts.ts"
import { readTexts } from "./read-texts.ts"

// Figures are those of the defaults, whatever this machine was tuned to; the processes that a bench starts inherit it.
process.env["VALENCE_TUNE"] ??= "off"

/** The flags that every bench takes. */
export const commonFlags = {
  texts: { type: "string" },
  rounds: { type: "string" },
  "patience-s": { type: "string", default: "60" },
  json: { type: "string" },
} as const satisfies ParseArgsConfig["options"]

/** Figures by contestant, one a round, and the share of the cores that other processes took in each of the rounds. */
export interface Rounds<N extends string> {
  readonly figures: Readonly<Record<N, readonly number[]>>
  readonly otherLoad: readonly number[]
  /** Rounds that were measured and left out, because other processes disturbed them more than those that are told. */
  readonly leftOut: number
}

/** How often contestants are measured. */
export interface Patience {
  readonly rounds: number
  readonly warmUpRounds?: number
  /** So long, s, rounds are measured until `rounds` of them were undisturbed; then the least disturbed ones count. */
  readonly patienceS: number
}

/** How often the flags ask to measure. */
export function patienceOf(
  flags: { readonly rounds?: string | undefined; readonly "patience-s": string },
  defaultRounds: number,
): Patience {
  return { rounds: Number(flags.rounds ?? defaultRounds), patienceS: Number(flags["patience-s"]) }
}

const UNDISTURBED_SHARE = 0.1

/**
 * Measures each contestant once a round, in an order that turns with the rounds.
 *
 * @param contestants - each measures itself once and gives its figure
 */
export async function interleave<N extends string>(
  contestants: Readonly<Record<N, () => Promise<number>>>,
  { rounds, warmUpRounds = 1, patienceS }: Patience,
): Promise<Rounds<N>> {
  const names = Object.keys(contestants) as N[]
  const measured: { figures: Record<N, number>; otherLoad: number }[] = []
  const patientUntilMs = performance.now() + 1000 * patienceS
  const isEnough = () =>
    measured.filter(({ otherLoad }) => otherLoad <= UNDISTURBED_SHARE).length >= rounds ||
    (measured.length >= rounds && performance.now() > patientUntilMs)
  for (let round = 0; !isEnough(); round++) {
    const turn = round % names.length
    const figures = {} as Record<N, number>
    let mostLoad = 0
    await waitForQuiet(patientUntilMs)
    for (const name of [...names.slice(turn), ...names.slice(0, turn)]) {
      const load = new OtherLoad()
      figures[name] = await contestants[name]()
      mostLoad = Math.max(mostLoad, load.stop())
    }
    if (round >= warmUpRounds) measured.push({ figures, otherLoad: mostLoad })
  }
  const counted = measured.toSorted((a, b) => a.otherLoad - b.otherLoad).slice(0, rounds)
  return {
    figures: Object.fromEntries(names.map(name => [name, counted.map(({ figures }) => figures[name])])) as Record<
      N,
      number[]
    >,
    otherLoad: counted.map(({ otherLoad }) => otherLoad),
    leftOut: measured.length - counted.length,
  }
}

/** Seconds that work took. */
export async function secondsOf(work: () => unknown): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

/** The value below which a share `at` of the values lies; between two of them, in proportion. */
export function quantile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const place = at * (sorted.length - 1)
  const [below, above] = [Math.floor(place), Math.ceil(place)].map(index => sorted[index] as number) as [number, number]
  return below + (above - below) * (place % 1)
}

/** The value in the middle. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** A ratio of two contestants, from its ratios round by round. */
export interface Ratio {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly rounds: number
}

/** How many times `above` is `below`, round by round. */
export function ratioOf(above: readonly number[], below: readonly number[]): Ratio {
  const ratios = above.map((figure, round) => figure / (below[round] as number))
  return { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios), rounds: ratios.length }
}

/** `2.31 (round by round 2.20 to 2.45, 11 rounds)` */
export function describeRatio({ median, min, max, rounds }: Ratio): string {
  return `${median.toFixed(2)} (round by round ${min.toFixed(2)} to ${max.toFixed(2)}, ${rounds} rounds)`
}

/** Prints, and returns, whether a figure meets its bar. */
export function printBar(what: string, figure: number, rule: "<=" | ">=" | "<", bar: number, shown: string): boolean {
  const met = rule === ">=" ? figure >= bar : rule === "<" ? figure < bar : figure <= bar
  console.log(`${what}: ${shown}; bar ${rule} ${bar}: ${met ? "met" : "MISSED"}`)
  return met
}

/** Prints a table, numbers to the right. */
export function printTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (column === 0 ? "left" : "right")),
    style: { head: [], border: [] },
  })
  table.push(...rows.map(row => row.map(String)))
  console.log(table.toString())
}

/** A whole number with thousands parted. */
export const showCount = (value: number): string => Math.round(value).toLocaleString("en")

/** Median and spread of each contestant's figures, a row each. */
export function figureRows(figures: Readonly<Record<string, readonly number[]>>, digits = 0): string[][] {
  const show = (value: number) => (digits === 0 ? showCount(value) : value.toFixed(digits))
  return Object.entries(figures).map(([name, values]) => [name, ...[0.5, 0, 1].map(at => show(quantile(values, at)))])
}

/** The machine and the versions that a figure depends on. */
export function machine(): Record<string, string> {
  const { version: onnxruntime } = JSON.parse(
    readFileSync(new URL("../node_modules/onnxruntime-node/package.json", import.meta.url), "utf8"),
  ) as { version: string }
  const cpu = /model name\s*: (.*)/.exec(readFile("/proc/cpuinfo"))?.[1] ?? cpus()[0]?.model ?? "unknown"
  return {
    cpu: `${cpu}, ${availableParallelism()} cores`,
    kind: cpuKind(),
    node: process.version,
    "onnxruntime-node": onnxruntime,
  }
}

/** Prints what is measured, and on what. */
export function printHead(question: string, versions: Readonly<Record<string, string>> = {}): void {
  console.log(question)
  for (const [name, value] of Object.entries({ ...machine(), ...versions })) console.log(`${name}: ${value}`)
}

/** Prints how much the machine was disturbed, and writes all figures to a file where one is given. */
export function printEnd(
  result: Readonly<Record<string, unknown>>,
  { figures, otherLoad, leftOut }: Rounds<string>,
  json?: string,
): void {
  const [half, most] = [median(otherLoad), Math.max(...otherLoad)].map(share => `${(100 * share).toFixed(0)} %`)
  const dropped = leftOut > 0 ? `; ${leftOut} rounds that were disturbed more are left out` : ""
  console.log(`other processes took ${half} of the cores (median round), ${most} in the worst round${dropped}`)
  if (json === undefined) return
  writeFileSync(json, JSON.stringify({ machine: machine(), ...result, figures, otherLoad, leftOut }, undefined, 2))
}

/** `count` texts: those of a file, again and again, or without one generated ones. */
export async function textsFor(count: number, file: string | undefined): Promise<string[]> {
  if (file === undefined) return generateEnglishTexts(count)
  const texts = await readTexts(file)
  return Array.from({ length: count }, (_, index) => texts[index % texts.length] as string)
}

const TICKS_A_SECOND = 100
const SAMPLE_MS = 25

/** How much of the machine other processes take, from /proc; 0 where there is none. */
class OtherLoad {
  readonly #startMs = performance.now()
  readonly #startTicks = busyTicks()
  readonly #before = ownTicks(process.pid)
  /** What each of our processes took, as last seen: those that ended are no longer listed. */
  readonly #own = new Map(this.#before)
  readonly #timer = setInterval(() => this.#sample(), SAMPLE_MS)

  /** The share of the cores, from 0 to 1. */
  stop(): number {
    clearInterval(this.#timer)
    this.#sample()
    const own = [...this.#own].reduce((sum, [pid, ticks]) => sum + ticks - (this.#before.get(pid) ?? 0), 0)
    const other = busyTicks() - this.#startTicks - own
    const seconds = (performance.now() - this.#startMs) / 1000
    return Math.max(0, other / (seconds * TICKS_A_SECOND * availableParallelism()))
  }

  #sample(): void {
    for (const [pid, ticks] of ownTicks(process.pid)) this.#own.set(pid, ticks)
  }
}

/** Waits, while this process and its children are idle, for the others to leave the machine. */
export async function waitForQuiet(untilMs: number): Promise<void> {
  for (let share = 1; share > UNDISTURBED_SHARE && performance.now() < untilMs; ) {
    const load = new OtherLoad()
    await sleep(300)
    share = load.stop()
  }
}

/** Clock ticks that all processes took since the machine started. */
function busyTicks(): number {
  const line = readFile("/proc/stat").split("\n", 1)[0] as string
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0] = line.split(/\s+/).slice(1).map(Number)
  return user + nice + system + irq + softIrq
}

/** Clock ticks that a process and its descendants took, by process id. */
function ownTicks(pid: number): Map<number, number> {
  // The name of a process, in brackets, may hold spaces.
  const fields = readFile(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, "")
    .split(" ")
    .map(Number)
  const [user = 0, system = 0] = fields.slice(11)
  const children = readFile(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number)
  return new Map([[pid, user + system], ...children.flatMap(child => [...ownTicks(child)])])
}

function readFile(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}
