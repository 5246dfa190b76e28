import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { splitJobs } from "../../src/producer/split-jobs.ts"
import { reservedNames } from "../../src/queue/jobs/names.ts"

describe("splitJobs()", () => {
  it("a named call that fits into one job - names the job", () => {
    expect(splitJobs(["a", "b"], 2, "run-7")).toEqual([{ id: "run-7", texts: ["a", "b"], from: 0 }])
  })

  it("a named call of several jobs - numbers them", () => {
    expect(splitJobs(["a", "b", "c"], 2, "run-7").map(({ id, texts }) => [id, texts])).toEqual([
      ["run-7.0", ["a", "b"]],
      ["run-7.1", ["c"]],
    ])
  })

  it("long texts - fill a job by their characters", () => {
    const long = "x".repeat(600_000)
    expect(splitJobs([long, long, "a", long], 10, "n").map(({ texts }) => texts.length)).toEqual([1, 2, 1])
  })

  it("a call without a name - has ids that are nobody else's", () => {
    const ids = Array.from({ length: 100 }, () => splitJobs(["a"], 1, undefined)[0]?.id)
    expect(new Set(ids).size).toBe(100)
    for (const id of ids) expect(() => splitJobs(["a"], 1, id)).not.toThrow()
  })

  it("no texts - no jobs", () => {
    expect(splitJobs([], 2, "run")).toEqual([])
  })

  it.each(["", "a b", "a:b", "17", "1.5", "x".repeat(201), "ä"])("id %j - option_invalid", id => {
    expect(() => splitJobs(["a"], 1, id)).toThrow(
      expect.objectContaining({
        code: "option_invalid",
        message: expect.stringContaining(
          "id must be 1 to 200 of the characters A-Z a-z 0-9 . _ - and not a number; got ",
        ),
      }),
    )
  })

  it.each([...reservedNames])("id %j, a key of BullMQ's - option_invalid", id => {
    const message = `id must not be a name that BullMQ uses for its own keys; got "${id}"`
    expect(() => splitJobs(["a"], 1, id)).toThrow(expect.objectContaining({ code: "option_invalid", message }))
  })

  it("every text is in one job, in order, and no job is empty or too long", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.integer({ min: 1, max: 5 }), (texts, most) => {
        const jobs = splitJobs(texts, most, "n")
        expect(jobs.flatMap(job => job.texts)).toEqual(texts)
        let from = 0
        for (const job of jobs) {
          expect(job.from).toBe(from)
          expect(job.texts.length).toBeGreaterThan(0)
          expect(job.texts.length).toBeLessThanOrEqual(most)
          from += job.texts.length
        }
        expect(new Set(jobs.map(({ id }) => id)).size).toBe(jobs.length)
      }),
    )
  })
})
