import { describe, expect, it } from "vitest"
import { createClassifier } from "../src/classifier/classifier.ts"
import { evaluateCorpus } from "../src/corpus/evaluate/evaluate.ts"
import { labelCorpus } from "../src/corpus/label-corpus.ts"
import { labelFiles } from "../src/corpus/label-files.ts"
import { createProducer, createWorker, openQueues } from "../src/fleet.ts"
import { pullModel } from "../src/hub/pull-model.ts"
import { createServer } from "../src/serve.ts"

const labeller = { label: async () => [], model: { name: "none", labels: ["A", "B"] } }
type Call = (request: unknown) => Promise<unknown>

describe.each([
  ["labelCorpus", labelCorpus as Call, { input: "in.csv", output: "out.csv" }, "minScore"],
  ["labelFiles", labelFiles as Call, { input: "in/", output: "out/" }, "minScore"],
  ["evaluateCorpus", evaluateCorpus as Call, { input: "in.csv" }, "by"],
  ["createWorker", createWorker as Call, {}, "concurrency"],
  ["createServer", createServer as Call, {}, "port"],
])("%s", (_, call, request, option) => {
  it("refuses an option that is not in options, and a member that nothing reads, by name", async () => {
    const misplaced = call({ ...request, labeller, [option]: 1 })
    await expect(misplaced).rejects.toMatchObject({
      code: "option_invalid",
      message: `${option} must be a member of options`,
    })
    const unknown = call({ ...request, labeller, queues: {} })
    await expect(unknown).rejects.toThrow(/^queues is not known; the members are .*labeller/)
  })

  it("refuses a request without a labeller, and what is no object", async () => {
    await expect(call(request)).rejects.toThrow(/^labeller must be a labeller, such as .*; got undefined$/)
    await expect(call("in.csv")).rejects.toThrow('the argument must be an object with named members; got "in.csv"')
  })
})

describe.each([
  ["labelCorpus", labelCorpus as Call],
  ["labelFiles", labelFiles as Call],
  ["evaluateCorpus", evaluateCorpus as Call],
])("%s", (_, call) => {
  it("refuses a request without an input, and a path that is none", async () => {
    await expect(call({ labeller })).rejects.toThrow("input must be a path; got undefined")
    await expect(call({ labeller, input: 5 })).rejects.toThrow("input must be a path; got 5")
  })
})

describe.each([
  ["createClassifier", createClassifier as Call],
  ["pullModel", pullModel as Call],
  ["createProducer", createProducer as Call],
  ["openQueues", openQueues as Call],
])("%s", (_, call) => {
  it("refuses a name where an object must be", async () => {
    await expect(call("OWNER/NAME")).rejects.toThrow("must be an object with named members")
  })
})

describe("pullModel", () => {
  it("without a model - says what it must be", async () => {
    await expect((pullModel as Call)({})).rejects.toThrow(/^model must be a name of the hub, .*; got undefined$/)
  })
})
