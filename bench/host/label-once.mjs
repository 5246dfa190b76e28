/**
 * Labels a CSV file, or the bulk jobs of a queue, in this process, and sends what it took:
 *
 *   label-once.mjs DIST '{"model": "FOLDER", "rows": 200000, "input": "c.csv"}'      or "redis": "redis://…"
 *
 * Plain JavaScript, so that no loader takes time, and with `DIST` of any checkout.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { monitorEventLoopDelay } from "node:perf_hooks"

const [dist, words] = process.argv.slice(2)
const { model, rows, input, redis } = JSON.parse(words)
const { createClassifier, labelCorpus } = await import(`${dist}/index.js`)

/** CPU time of a thread, or of all threads of a process, µs; NaN where the system does not tell. */
const threadUs = (pid, thread) => {
  const file = `/proc/${pid}/task/${thread}/schedstat`
  return existsSync(file) ? Number(readFileSync(file, "utf8").split(" ")[0]) / 1000 : Number.NaN
}
const processUs = pid =>
  existsSync(`/proc/${pid}/task`)
    ? readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + threadUs(pid, thread), 0)
    : Number.NaN
const spentUs = children => [
  threadUs(process.pid, process.pid),
  process.cpuUsage().user + process.cpuUsage().system,
  children.reduce((sum, pid) => sum + processUs(pid), 0),
]

const classifier = await createClassifier({ model, device: "cpu", tune: "off" })
const children = classifier.devicePids

async function labelFile() {
  const output = `${input}.${process.pid}.csv`
  await labelCorpus({ input, output, labeller: classifier, options: { column: "review" } })
  rmSync(output)
}

async function labelQueue() {
  const { createWorker, WorkerEmitter } = await import(`${dist}/fleet.js`)
  const events = new WorkerEmitter()
  let left = rows
  const done = new Promise(resolve => {
    events.on("job", ({ texts = 0 }) => {
      left -= texts
      if (left <= 0) resolve()
    })
  })
  const worker = await createWorker({ labeller: classifier, redis, events })
  await done
  return worker
}

const delay = monitorEventLoopDelay({ resolution: 5 })
delay.enable()
const before = spentUs(children)
const startedMs = performance.now()
const worker = input === undefined ? await labelQueue() : await labelFile()
const seconds = (performance.now() - startedMs) / 1000
const [mainUs, hostUs, childrenUs] = spentUs(children).map((us, at) => (us - before[at]) / rows)
process.send({ mainUs, hostUs, childrenUs, textsPerSecond: rows / seconds, delayMs: delay.percentile(99) / 1e6 - 5 })
await worker?.close()
await classifier.close()
process.exit()
