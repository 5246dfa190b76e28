import { setTimeout as wait } from "node:timers/promises"
import { toBeTrue } from "../cli/run-valence.ts"
import { createCorpus } from "./corpus.ts"
import { ServerPlace } from "./places/server-place.ts"
import { SeededRandom } from "./seeded-random.ts"
import { Stage } from "./stage.ts"
import { judgeTrial, stopWorkers, type TrialResult } from "./trial.ts"

const rows = 1000

/** Takes the Redis away in the middle of a run, for so long. */
export async function playAway(awayMs: number): Promise<TrialResult> {
  const startedMs = performance.now()
  const corpus = await createCorpus("afinn-111", rows, 60)
  const place = await ServerPlace.open()
  await using stage = await Stage.open(corpus, new SeededRandom(1), place)
  const worker = await stage.startWorker()
  const producer = stage.startProducer()
  await toBeTrue(() => stage.outputBytes > corpus.labelled.length / 4 || !producer.runs)
  await place.server.kill()
  await worker.toSay("redis is away")
  await wait(awayMs)
  const problems = producer.runs ? [] : ["the producer must wait for Redis; it ended"]
  await place.server.restart()
  await worker.toSay("redis is back")
  const trial = { kind: "away", seed: 0, startedMs }
  const result = await judgeTrial(trial, stage, true, problems)
  const wrong = ["redis is away", "redis is back"]
    .filter(words => worker.timesSaid(words) !== 1)
    .map(words => `the worker must say "${words}" once; it did ${worker.timesSaid(words)} times`)
  return { ...result, problems: [...result.problems, ...wrong, ...(await stopWorkers(stage))] }
}
