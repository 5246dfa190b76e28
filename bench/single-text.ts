/**
 * How long one text takes that comes alone, of every engine over the same checkpoint, from the call to the label:
 *
 *   npm run bench single-text -- [--texts FILE] [--model FOLDER] [--no-python] [--engines NAME,NAME] [--texts-a-round 100]
 */

import { readFlags } from "../test/read-flags.ts"
import {
  commonFlags,
  describeRatio,
  interleave,
  median,
  patienceOf,
  printBar,
  printEnd,
  printHead,
  printTable,
  quantile,
  ratioOf,
  textsFor,
} from "./harness.ts"
import { chosenEngines, engineFlags, fullName, openEngines, VALENCE } from "./peers/engines.ts"

const BAR = 1

const { values: flags } = readFlags({
  options: {
    ...commonFlags,
    ...engineFlags,
    "texts-a-round": { type: "string", default: "100" },
  },
})
const texts = await textsFor(Number(flags["texts-a-round"]), flags.texts)
const { engines, absent } = await openEngines(chosenEngines(flags))
const versions = Object.assign({}, ...engines.map(one => one.versions))
printHead(`One text at a time, ${texts.length} a round`, { ...versions, texts: flags.texts ?? "generated" })

const latenciesMs: Record<string, number[]> = {}
const rounds = await interleave(
  Object.fromEntries(
    engines.map(engine => [
      fullName(engine),
      async () => {
        const ms = (await engine.each(texts)).map(seconds => 1000 * seconds)
        latenciesMs[fullName(engine)] = [...(latenciesMs[fullName(engine)] ?? []), ...ms]
        return median(ms)
      },
    ]),
  ),
  patienceOf(flags, 7),
)
const quantiles = engines.map(engine => {
  const ms = latenciesMs[fullName(engine)] as number[]
  const [p50, p90, p99] = [0.5, 0.9, 0.99].map(at => quantile(ms, at)) as [number, number, number]
  return { name: engine.name, dtype: engine.dtype, p50, p90, p99 }
})
printTable(
  ["ms a text", "p50", "p90", "p99"],
  quantiles.map(({ p50, p90, p99, ...one }) => [fullName(one), ...[p50, p90, p99].map(ms => ms.toFixed(2))]),
)
for (const { reason, ...one } of absent) console.log(`absent: ${fullName(one)}: ${reason}`)
const [best] = engines
  .filter(({ name }) => name !== VALENCE)
  .map(fullName)
  .sort((a, b) => median(rounds.figures[a] ?? []) - median(rounds.figures[b] ?? []))
const valence = `${VALENCE} int8`
const ratios = []
if (best !== undefined) {
  const ratio = ratioOf(rounds.figures[valence] ?? [], rounds.figures[best] ?? [])
  printBar(`p50 of ${valence} / ${best}`, ratio.median, "<=", BAR, describeRatio(ratio))
  ratios.push({ dtype: "int8", best, bar: BAR, ratio })
}
printEnd({ bench: "single-text", textsARound: texts.length, versions, quantiles, absent, ratios }, rounds, flags.json)
for (const engine of engines) await engine.close()
