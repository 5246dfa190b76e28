import fc from "fast-check"
import { expect, it } from "vitest"
import { Fifo } from "../../../src/classifier/batcher/fifo.ts"

it("Fifo - gives what it was given, in order, whatever the order of calls", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -300, max: 300 }), { maxLength: 60 }), steps => {
      const fifo = new Fifo<number>()
      const model: number[] = []
      let next = 0
      for (const step of steps)
        for (let i = 0; i < Math.abs(step); i++) {
          if (step > 0) {
            fifo.push(next)
            model.push(next++)
          } else expect(fifo.shift()).toBe(model.shift())
          expect(fifo.first()).toBe(model[0])
          expect(fifo.size).toBe(model.length)
        }
    }),
  )
})
