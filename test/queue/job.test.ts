import { readFileSync } from "node:fs"
import { Ajv2020 } from "ajv/dist/2020.js"
import { describe, expect, it, vi } from "vitest"
import { ValenceError } from "../../src/errors.ts"
import { scoreOptions } from "../../src/options.ts"
import { failureText, readFailure } from "../../src/queue/jobs/failure.ts"
import { readJob } from "../../src/queue/jobs/job.ts"

describe("readJob()", () => {
  it("a job with everything - is given back", () => {
    const job = {
      v: 1,
      texts: [{ text: "a" }, { id: "b", text: "" }],
      options: {
        topK: "all",
        labels: ["A", "B"],
        scoreFunction: "softmax",
        maxLength: 64,
        longText: "windows",
        stride: 0,
        pooling: "max",
      },
      deadlineMs: 5,
      replyTo: "p",
    }
    expect(readJob(job)).toBe(job)
  })

  it("the schema - is compiled without a line on the console", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {})
    vi.resetModules()
    const fresh = await import("../../src/queue/jobs/job.ts")
    fresh.readJob({ v: 1, texts: [{ text: "a" }] })
    expect(warn).not.toHaveBeenCalled()
    warn.mockRestore()
  })

  it("schemas/job.schema.json - has the options of scoring as they are declared", () => {
    const { properties } = JSON.parse(readFileSync("schemas/job.schema.json", "utf8"))
    const { function: former, ...options } = properties.options.properties as Record<string, { description: string }>
    const rules = Object.entries(options).map(([name, { description, ...rule }]) => {
      expect(description).toMatch(/^[A-Z].*\.$/)
      return [name, rule]
    })
    const declared = Object.entries(scoreOptions).map(([name, { json }]) => [name, json])
    expect(Object.fromEntries(rules)).toEqual(Object.fromEntries(declared))
    expect(former).toMatchObject({ enum: scoreOptions.scoreFunction.choices, deprecated: true })
  })

  it("a job with the former name of scoreFunction - is read", () => {
    const data = { v: 1, texts: [{ text: "a" }], options: { function: "none", topK: 2 } }
    expect(readJob(data)).toEqual({ ...data, options: { scoreFunction: "none", topK: 2 } })
  })

  it.each([
    [null, "job must be object; got null"],
    ["text", 'job must be object; got "text"'],
    [{ texts: [{ text: "a" }] }, 'job must have a property "v"'],
    [{ v: 2, texts: [{ text: "a" }] }, "job /v must be 1; got 2"],
    [{ v: 1, text: "a" }, 'job must have a property "texts"'],
    [{ v: 1, texts: "a" }, 'job /texts must be array; got "a"'],
    [{ v: 1, texts: [] }, "job /texts must NOT have fewer than 1 items; got []"],
    [{ v: 1, texts: [{ text: "a" }, { text: 3 }] }, "job /texts/1/text must be string; got 3"],
    [{ v: 1, texts: ["a"] }, 'job /texts/0 must be object; got "a"'],
    [{ v: 1, texts: [{ text: "a" }], lane: "bulk" }, 'job must have no property "lane"'],
    [
      { v: 1, texts: [{ text: "a" }], options: { scoreFunction: "max" } },
      'job /options/scoreFunction must be one of softmax, sigmoid, none; got "max"',
    ],
    [{ v: 1, texts: [{ text: "a" }], options: { maxLength: 1 } }, "job /options/maxLength must be >= 2; got 1"],
    [
      { v: 1, texts: [{ text: "a" }], options: { longText: "cut" } },
      'job /options/longText must be one of truncate, windows, error; got "cut"',
    ],
    [{ v: 1, texts: [{ text: "a" }], options: { stride: -1 } }, "job /options/stride must be >= 0; got -1"],
    [
      { v: 1, texts: [{ text: "a" }], options: { pooling: "sum" } },
      'job /options/pooling must be one of weighted, mean, max; got "sum"',
    ],
    [{ v: 1, texts: [{ text: "a" }], deadlineMs: 0 }, "job /deadlineMs must be >= 1; got 0"],
    [{ v: 1, texts: [{ text: "a" }], replyTo: "" }, 'job /replyTo must NOT have fewer than 1 characters; got ""'],
  ])("%j - job_invalid", (data, message) => {
    expect(() => readJob(data)).toThrow(expect.objectContaining({ code: "job_invalid", message }))
  })

  it("a text that is far too long to show - is cut in the message", () => {
    expect(() => readJob({ v: 1, texts: "x".repeat(10_000) })).toThrow(/^.{0,120}$/)
  })
})

describe("schemas", () => {
  it.each(["job", "result"])("%s.schema.json - is a JSON Schema", name => {
    const schema = JSON.parse(readFileSync(`schemas/${name}.schema.json`, "utf8"))
    expect(() => new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema)).not.toThrow()
  })
})

describe("readFailure()", () => {
  it("what failureText() made - is the same error", () => {
    const error = new ValenceError("device_failed", "no device is left: it died\ntwice")
    expect(readFailure(failureText(error))).toMatchObject({ code: "device_failed", message: error.message })
  })

  it("BullMQ's words for a job that stalled - job_stalled", () => {
    expect(readFailure("job stalled more than allowable limit").code).toBe("job_stalled")
  })

  it.each(["boom", "nonsense: what"])("%s - job_failed", text => {
    expect(readFailure(text)).toMatchObject({ code: "job_failed", message: text })
  })
})
