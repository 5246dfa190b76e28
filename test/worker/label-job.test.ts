import { describe, expect, it, vi } from "vitest"
import { ValenceError } from "../../src/errors.ts"
import type { Labeller } from "../../src/labeller.ts"
import type { JobData } from "../../src/queue/jobs/job.ts"
import { labelJob, type StopReason } from "../../src/worker/label-job.ts"
import { plainLabeller } from "../corpus/plain-labeller.ts"

const data: JobData = { v: 1, texts: [{ text: "ab" }, { id: "y", text: "FAIL" }] }

function label(labeller: Labeller, job: JobData = data, stop = new AbortController()) {
  const now = Date.now()
  return labelJob(labeller, "bulk", job, { addedMs: now - 40, takenMs: now, stop })
}

/** Rejects when its signal aborts, as a labeller does. */
const hanging: Labeller = {
  ...plainLabeller(),
  label: (_, options) =>
    new Promise((_resolve, reject) => {
      options?.signal?.addEventListener("abort", () => reject(new ValenceError("aborted", "labelling was aborted")))
    }),
}

describe("labelJob()", () => {
  it("labelled - its result, with ids, and what it counts", async () => {
    expect(await label(plainLabeller())).toEqual({
      outcome: "completed",
      failedTexts: 1,
      tokens: 2,
      result: {
        v: 1,
        model: { name: "plain", revision: "r1", dtype: "none" },
        results: [
          { label: "POSITIVE", score: 0.52, tokens: 2, truncated: false, windows: 1 },
          { id: "y", error: { code: "text_failed", message: "cannot label 4 characters" } },
        ],
        timings: { queueMs: 40, labelMs: expect.any(Number) },
      },
    })
  })

  it.each(["cancelled", "handed_back"] as const)("stopped: %s - says so", async reason => {
    const stop = new AbortController()
    const labelling = label(hanging, data, stop)
    stop.abort(reason satisfies StopReason)
    expect((await labelling).outcome).toBe(reason)
  })

  it("its deadline passes while it is at work - expired", async () => {
    const message = "text must be labelled within 60 ms (deadlineMs); the time has passed"
    const labelling = await label(hanging, { ...data, deadlineMs: 60 })
    expect(labelling).toMatchObject({ outcome: "expired", error: { code: "expired", message, retryable: false } })
  })

  it("its deadline has passed - is not labelled", async () => {
    const labeller = { ...plainLabeller(), label: vi.fn() }
    expect(await label(labeller, { ...data, deadlineMs: 40 })).toMatchObject({ outcome: "expired" })
    expect(labeller.label).not.toHaveBeenCalled()
  })

  it.each([
    [new ValenceError("device_failed", "it died"), "device_failed", "it died", true],
    [new ValenceError("option_invalid", "no"), "option_invalid", "no", false],
    [new TypeError("oops"), "job_failed", "labelling failed: TypeError: oops", true],
  ])("the labeller rejects with %s - failed", async (thrown, code, message, retryable) => {
    const labeller = plainLabeller(() => {
      throw thrown
    })
    expect(await label(labeller)).toMatchObject({ outcome: "failed", error: { code, message, retryable } })
  })

  it("a text failed of what may pass - the job failed of it", async () => {
    const labeller: Labeller = {
      ...plainLabeller(),
      label: async () => [{ error: { code: "run_timeout", message: "it hung" } }],
    }
    expect(await label(labeller)).toMatchObject({ outcome: "failed", error: { code: "run_timeout", retryable: true } })
  })
})
