import { describe, expect, it } from "vitest"
import { type AdmissionOptions, QueueAdmission } from "../../src/producer/queue-admission.ts"
import { eventually } from "../queue/test-fleet.ts"

function admission(options: Partial<AdmissionOptions> & { waiting?: number } = {}) {
  const looks = { count: 0, waiting: options.waiting ?? 0 }
  const made = new QueueAdmission({
    maxWaitingTexts: 160,
    whenFull: "wait",
    async waitingTexts() {
      looks.count += 1
      return looks.waiting
    },
    ...options,
  })
  return { admission: made, looks }
}

describe("admit()", () => {
  it("few texts wait - lets a sixteenth of the bound in between two looks", async () => {
    const { admission: gate, looks } = admission()
    for (let text = 0; text < 20; text += 1) await gate.admit(1)
    expect(looks.count).toBe(2)
  })

  it("texts that were admitted and are not in Redis yet - count as well", async () => {
    const { admission: gate } = admission({ whenFull: "reject" })
    for (let text = 0; text < 16; text += 1) await gate.admit(10)
    await expect(gate.admit(10)).rejects.toMatchObject({ code: "queue_full" })
    gate.arrived(20)
    await expect(gate.admit(10)).resolves.toBeUndefined()
  })

  it("too many wait - waits until there are fewer", async () => {
    const { admission: gate, looks } = admission({ waiting: 155 })
    let admitted = false
    const waiting = gate.admit(10).then(() => {
      admitted = true
    })
    await eventually(() => looks.count >= 2)
    expect(admitted).toBe(false)
    looks.waiting = 100
    await waiting
  })

  it("too many wait, whenFull reject - queue_full", async () => {
    const { admission: gate } = admission({ waiting: 155, whenFull: "reject" })
    await expect(gate.admit(10)).rejects.toMatchObject({
      code: "queue_full",
      message: "texts that wait in Redis must be at most 160 (maxWaitingTexts); 155 wait, and 10 more came",
    })
    await expect(gate.admit(5)).resolves.toBeUndefined()
  })

  it("a job larger than the bound - goes where nothing waits", async () => {
    const { admission: gate } = admission({ whenFull: "reject" })
    await expect(gate.admit(1000)).resolves.toBeUndefined()
  })

  it("whoever came first goes first", async () => {
    const { admission: gate, looks } = admission({ waiting: 160 })
    const order: number[] = []
    const first = gate.admit(100).then(() => order.push(1))
    const second = gate.admit(1).then(() => order.push(2))
    looks.waiting = 0
    await Promise.all([first, second])
    expect(order).toEqual([1, 2])
  })

  it("aborted while it waits - rejects, and the next is not held up", async () => {
    const { admission: gate, looks } = admission({ waiting: 160 })
    const stop = new AbortController()
    const first = gate.admit(1, stop.signal)
    await eventually(() => looks.count >= 1)
    stop.abort(new Error("enough"))
    await expect(first).rejects.toThrow("enough")
    looks.waiting = 0
    await expect(gate.admit(1)).resolves.toBeUndefined()
  })
})
