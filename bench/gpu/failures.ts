import { setImmediate as nextTurn } from "node:timers/promises"
import { describeRatio, figureRows, interleave, printTable, ratioOf } from "../harness.ts"
import { labelsOf, openOnDevice } from "./open.ts"
import { type GpuDtype, type GpuSetup, Lacking } from "./setup.ts"

/** Kills the child with SIGKILL while it computes: another is started on the GPU, and every text gets its label. */
export async function killChild(setup: GpuSetup) {
  const [model, dtype] = [setup.models[0] as string, setup.dtypes[0] as GpuDtype]
  await using labeller = await openOnDevice(setup, { model, dtype, maxBatchTokens: setup.budgets[0] })
  const expected = await labelsOf(labeller, setup.texts)
  const before = labeller.stats.microBatches
  const labelling = labelsOf(labeller, setup.texts)
  while (labeller.stats.microBatches < before + 2) await nextTurn()
  const startMs = performance.now()
  process.kill(labeller.devicePids[0] as number, "SIGKILL")
  const given = await labelling
  const seconds = (performance.now() - startMs) / 1000
  const others = given.filter((label, at) => label !== expected[at]).length
  const { deviceRestarts } = labeller.stats
  const isGood = others === 0 && deviceRestarts >= 1
  const facts = `${given.length} texts, ${others} other labels, ${deviceRestarts} restarts, done ${seconds.toFixed(1)} s later`
  console.log(`child killed while it computes: ${facts}: ${isGood ? "ok" : "FAILED"}`)
  return { others, deviceRestarts, seconds }
}

/** Two children on one GPU, beside one. */
export async function tryChildren(setup: GpuSetup) {
  if (setup.device.includes("cpu:")) throw new Lacking("cpu:N has as many children as it says; use --device cpu")
  const [model, dtype] = [setup.models.at(-1) as string, setup.dtypes[0] as GpuDtype]
  const budget = setup.budgets[Math.floor(setup.budgets.length / 2)]
  await using one = await openOnDevice(setup, { model, dtype, maxBatchTokens: budget, children: 1 })
  await using two = await openOnDevice(setup, { model, dtype, maxBatchTokens: budget, children: 2 })
  const figure = (labeller: typeof one) => async () => {
    const startMs = performance.now()
    await labelsOf(labeller, setup.texts)
    return (1000 * setup.texts.length) / (performance.now() - startMs)
  }
  const contestants = { "one child": figure(one), "two children": figure(two) }
  const { figures } = await interleave(contestants, { rounds: setup.rounds, patienceS: 0 })
  printTable(["texts/s", "median", "least", "most"], figureRows(figures))
  console.log(`two / one: ${describeRatio(ratioOf(figures["two children"], figures["one child"]))}`)
  return { figures, pids: new Set(two.devicePids).size }
}
