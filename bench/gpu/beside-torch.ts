import { basename } from "node:path"
import { describeRatio, figureRows, interleave, printTable, ratioOf } from "../harness.ts"
import { PeerProcess } from "../peers/peer-process.ts"
import { labelsOf, openOnDevice } from "./open.ts"
import { type GpuDtype, type GpuSetup, Lacking } from "./setup.ts"

type Contestants = Record<string, () => Promise<number>>

const variants = ["eager", "compiled"] as const

/** Starts the peers that this machine can run, and prints why another cannot. */
async function startPeers(setup: GpuSetup, model: string) {
  const { python, device, isCpu } = setup
  const peers: { readonly name: string; readonly peer: PeerProcess }[] = []
  const reasons: string[] = []
  for (const dtype of setup.dtypes)
    for (const variant of variants) {
      const name = `PyTorch ${dtype} ${variant}`
      const options = { script: "torch_peer.py", dtype, variant, checkpoint: model, export: model }
      const where = { device: isCpu ? "cpu" : device, ...(python !== undefined && { python }) }
      try {
        const { peer, loaded } = await PeerProcess.start({ ...options, ...where })
        const golden = loaded.golden === undefined ? "" : `, golden ${loaded.golden.sameLabel} of ${loaded.golden.rows}`
        console.log(`${name}: ${JSON.stringify(loaded.versions)}${golden}`)
        peers.push({ name, peer })
      } catch (error) {
        reasons.push(`${name}: ${(error as Error).message}`)
      }
    }
  for (const reason of reasons) console.log(`left out: ${reason}`)
  if (peers.length === 0)
    throw new Lacking("no PyTorch could be started; --python names one that has torch, numpy and tokenizers")
  return peers
}

/** The token budget with which a contestant is fastest. */
async function fastest(budgets: readonly number[], secondsWith: (budget: number) => Promise<number>): Promise<number> {
  const tries: { readonly budget: number; readonly seconds: number }[] = []
  for (const budget of budgets) {
    await secondsWith(budget)
    tries.push({ budget, seconds: await secondsWith(budget) })
  }
  return tries.sort((a, b) => a.seconds - b.seconds)[0]?.budget as number
}

const labelWith = (peer: PeerProcess, texts: readonly string[]) => async (batchSize: number) =>
  (await peer.label(texts, { batchSize, sorted: true })).seconds

async function openOurs(setup: GpuSetup, model: string, dtype: GpuDtype, budget: number) {
  const labeller = await openOnDevice(setup, { model, dtype, maxBatchTokens: budget })
  const seconds = async () => {
    const startMs = performance.now()
    await labelsOf(labeller, setup.texts)
    return (performance.now() - startMs) / 1000
  }
  return { labeller, seconds }
}

/** The budget that suits Valence; each is opened alone, so that none lacks memory. */
function fastestOfOurs(setup: GpuSetup, model: string, dtype: GpuDtype): Promise<number> {
  return fastest(setup.budgets, async budget => {
    const { labeller, seconds } = await openOurs(setup, model, dtype, budget)
    await using _ = labeller
    return seconds()
  })
}

async function compareModel(setup: GpuSetup, model: string) {
  const contestants: Contestants = {}
  const peers = await startPeers(setup, model)
  const ours: { readonly labeller: { close(): Promise<void> } }[] = []
  try {
    for (const { name, peer } of peers) {
      const label = labelWith(peer, setup.texts)
      const budget = await fastest(setup.budgets, label)
      contestants[`${name}, ${budget} tokens`] = async () => setup.texts.length / (await label(budget))
    }
    for (const dtype of setup.dtypes) {
      const budget = await fastestOfOurs(setup, model, dtype)
      const opened = await openOurs(setup, model, dtype, budget)
      ours.push(opened)
      contestants[`Valence ${dtype}, ${budget} tokens`] = async () => setup.texts.length / (await opened.seconds())
    }
    const rounds = await interleave(contestants, { rounds: setup.rounds, patienceS: 0 })
    console.log(`\n${basename(model)}, texts/s; tokenising included`)
    printTable(["", "median", "least", "most"], figureRows(rounds.figures))
    for (const name of Object.keys(contestants).filter(one => one.startsWith("PyTorch"))) {
      const dtype = name.split(" ")[1] as GpuDtype
      const own = Object.keys(contestants).find(one => one.startsWith(`Valence ${dtype}`)) as string
      const ratio = ratioOf(rounds.figures[own] ?? [], rounds.figures[name] ?? [])
      console.log(`${own} / ${name}: ${describeRatio(ratio)}`)
    }
    return { model: basename(model), figures: rounds.figures }
  } finally {
    for (const { labeller } of ours) await labeller.close()
    for (const { peer } of peers) await peer.close()
  }
}

/** Valence beside PyTorch, whose caller sorts texts and pads batches: in turns, each with the token budget that suits it. */
export async function compareWithTorch(setup: GpuSetup) {
  const found = []
  for (const model of setup.models) {
    try {
      found.push(await compareModel(setup, model))
    } catch (error) {
      if (!(error instanceof Lacking)) throw error
      found.push({ model: basename(model), leftOut: error.message })
      console.log(`left out for ${basename(model)}: ${error.message}`)
    }
  }
  return found
}
