import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Admission, type Admitted, admissions } from "../../../src/http/hooks/admission.ts"
import { plainLabeller } from "../../corpus/plain-labeller.ts"

/** A text that costs 100. */
const text = "x".repeat(84)
const maxQueueMs = 2000
const bounds = { maxQueueMs, answerTimeoutMs: 60_000 }

/** A labeller that does so many texts a ms, one request after the other, on a clock of its own. */
class Simulation {
  nowMs = 0
  textsPerMs: number
  readonly admission = new Admission(bounds, () => this.nowMs)
  readonly queue: { readonly admitted: Admitted; readonly fromMs: number; left: number }[] = []
  /** How long each request took that was let in, and when it came. */
  readonly done: { readonly fromMs: number; readonly ms: number }[] = []
  refused = 0
  /** Requests that were refused although none had been waiting for its turn. */
  refusedIdle = 0

  constructor(textsPerMs: number) {
    this.textsPerMs = textsPerMs
  }

  ask(texts = 1): boolean {
    try {
      const admitted = this.admission.enter(Array(texts).fill(text))
      this.queue.push({ admitted, fromMs: this.nowMs, left: texts })
      return true
    } catch {
      this.refused++
      // The first is at work.
      if (this.queue.length < 2) this.refusedIdle++
      return false
    }
  }

  /** Lets time pass while requests come. */
  run(ms: number, requestsPerMs: number, texts = 1): void {
    let owed = 0
    for (let tick = 0; tick < ms; tick++) {
      for (owed += requestsPerMs; owed >= 1; owed--) this.ask(texts)
      this.nowMs++
      this.#work()
    }
  }

  #work(): void {
    let room = this.textsPerMs
    for (let first = this.queue[0]; first && room > 0; first = this.queue[0]) {
      const part = Math.min(room, first.left)
      first.left -= part
      room -= part
      if (first.left > 1e-9) return
      this.queue.shift()
      first.admitted.labelled()
      first.admitted[Symbol.dispose]()
      this.done.push({ fromMs: first.fromMs, ms: this.nowMs - first.fromMs })
    }
  }

  slowest(fromMs = 0): number {
    return Math.max(0, ...this.done.filter(of => of.fromMs >= fromMs).map(({ ms }) => ms))
  }
}

describe("Admission", () => {
  it.each([0.05, 0.5, 2])("%d texts a ms, half of that asked for - refuses nothing", textsPerMs => {
    const simulation = new Simulation(textsPerMs)
    simulation.run(20_000, textsPerMs / 2)
    expect(simulation.refused).toBe(0)
  })

  it.each([0.05, 0.5, 2])(
    "%d texts a ms, ten times that asked for - does all it can, and nobody waits for long",
    textsPerMs => {
      const simulation = new Simulation(textsPerMs)
      simulation.run(20_000, textsPerMs * 10)
      expect(simulation.done.length).toBeGreaterThan(0.95 * textsPerMs * 20_000)
      // After the first moments, in which nobody knows how fast it goes.
      expect(simulation.slowest(4000)).toBeLessThan(maxQueueMs * 1.3)
      expect(simulation.slowest()).toBeLessThan(Math.max(maxQueueMs * 1.5, 1000 / textsPerMs + 2000))
    },
  )

  it("the flood is over - lets in at once, and refuses nothing", () => {
    const simulation = new Simulation(0.5)
    simulation.run(10_000, 5)
    simulation.refused = 0
    simulation.run(maxQueueMs / 2, 0)
    simulation.run(10_000, 0.4)
    expect(simulation.refused).toBe(0)
  })

  it("a little work all the time, then a burst that fits - refuses nothing", () => {
    const simulation = new Simulation(0.5)
    simulation.run(10_000, 1)
    simulation.run(3000, 0)
    // Never idle, and far from what could be done.
    simulation.ask()
    for (let second = 0; second < 20; second++) simulation.run(1000, 0.05)
    simulation.refused = 0
    for (let burst = 0; burst < 800; burst++) simulation.ask()
    expect(simulation.refused).toBe(0)
  })

  it("it goes ten times slower - learns so within a few seconds", () => {
    const simulation = new Simulation(1)
    simulation.run(10_000, 2)
    simulation.textsPerMs = 0.1
    simulation.run(30_000, 2)
    expect(simulation.slowest(35_000)).toBeLessThan(maxQueueMs * 1.5)
  })

  it("requests of many texts - are held to the same", () => {
    const simulation = new Simulation(1)
    simulation.run(20_000, 0.1, 100)
    expect(simulation.done.length).toBeGreaterThan(180)
    expect(simulation.slowest(4000)).toBeLessThan(maxQueueMs * 1.5)
  })

  it("requests that were dropped - are no longer under way, and tell nothing of how fast it goes", () => {
    const admission = new Admission(bounds, () => 0)
    const held = Array.from({ length: 1001 }, () => admission.enter([text]))
    expect(() => admission.enter([text])).toThrow(
      "a request must get its turn within 2.0 s (maxQueueMs); it is not known yet",
    )
    for (const admitted of held) {
      admitted[Symbol.dispose]()
      admitted[Symbol.dispose]()
    }
    using _ = admission.enter([text])
    expect(admission.queueMs).toBe(0)
  })

  it("however slow it goes - a few texts are let in, and a first request of any size", () => {
    const simulation = new Simulation(0.001)
    expect(simulation.ask(10_000)).toBe(true)
    expect(simulation.ask()).toBe(false)
  })

  it("a first request that takes seconds - refuses nothing afterwards", () => {
    for (const texts of [1, 200, 1000]) {
      const simulation = new Simulation(0)
      simulation.ask(texts)
      simulation.run(7000, 0)
      simulation.textsPerMs = 5
      simulation.run(1000, 0)
      for (let request = 0; request < 100; request++) {
        simulation.ask(200)
        simulation.run(200, 0.05)
      }
      expect(simulation.refused).toBe(0)
    }
  })

  it("a device that is frozen under load - is itself again a little later", () => {
    const simulation = new Simulation(5)
    simulation.run(10_000, 2)
    simulation.textsPerMs = 0
    simulation.run(8000, 2)
    simulation.textsPerMs = 5
    simulation.run(5000, 2)
    simulation.refused = 0
    simulation.run(20_000, 2)
    expect(simulation.refused).toBe(0)
  })

  it("a text of 100,000 words - is no reason to refuse short ones, and others like it have their own bound", () => {
    const simulation = new Simulation(1)
    simulation.run(5000, 0.5)
    const [long] = ["word ".repeat(100_000)]
    const { admission } = simulation
    using held = admission.enter([long as string])
    for (let second = 0; second < 60; second++) simulation.run(1000, 0.1)
    expect(simulation.refused).toBe(0)
    expect(admission.queueMs).toBeLessThan(100)
    const others: Admitted[] = []
    expect(() => {
      for (let more = 0; more < 100; more++) others.push(admission.enter([long as string]))
    }).toThrow("long texts must be labelled within 60.0 s (answerTimeoutMs), and texts of")
    expect(others.length).toBeGreaterThan(5)
    expect(simulation.ask()).toBe(true)
    held.labelled()
    for (const other of others) other[Symbol.dispose]()
    admission.enter([long as string])[Symbol.dispose]()
  })

  it("random traffic - nothing is refused while nothing waits, and what waits does not wait for ever", () => {
    const step = fc.record({
      ms: fc.integer({ min: 1, max: 4000 }),
      requestsPerMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 2, noNaN: true })),
      texts: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 1000 })),
      // A device that is frozen, slow, or fast.
      textsPerMs: fc.oneof(fc.constant(0), fc.double({ min: 0.01, max: 20, noNaN: true })),
    })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), steps => {
        const simulation = new Simulation(1)
        for (const { ms, requestsPerMs, texts, textsPerMs } of steps) {
          simulation.textsPerMs = textsPerMs
          simulation.run(ms, requestsPerMs, texts)
        }
        expect(simulation.refusedIdle).toBe(0)
        // It works again: a little load is let in.
        simulation.textsPerMs = 5
        for (let waited = 0; simulation.queue.length > 0 && waited < 3600; waited++) simulation.run(1000, 0)
        simulation.refused = 0
        simulation.run(10_000, 0.05)
        for (let request = 0; request < 20; request++) {
          simulation.ask(500)
          simulation.run(300, 0.02)
        }
        expect(simulation.refused).toBe(0)
      }),
      { numRuns: 60, seed: 1 },
    )
  })

  it("retryAfterSeconds - how long the queue is beyond what it may be", () => {
    const simulation = new Simulation(1)
    simulation.run(10_000, 2)
    expect(simulation.admission.retryAfterSeconds).toBe(1)
    simulation.run(maxQueueMs, 0)
    simulation.ask(10_000)
    expect(simulation.ask()).toBe(true)
    simulation.run(300, 0)
    expect(() => simulation.admission.enter([text])).toThrow(/it would take (9|10)\.\d s/)
    expect(simulation.admission.retryAfterSeconds).toBeGreaterThanOrEqual(7)
    expect(simulation.admission.retryAfterSeconds).toBeLessThanOrEqual(9)
  })
})

it("admissions - one for each labeller", () => {
  const [model, lexicon] = [plainLabeller(), plainLabeller()]
  const admissionOf = admissions(bounds)
  expect(admissionOf(model)).toBe(admissionOf(model))
  expect(admissionOf(model)).not.toBe(admissionOf(lexicon))
})
