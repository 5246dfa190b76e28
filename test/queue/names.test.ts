import { expect, it } from "vitest"
import { reservedNames } from "../../src/queue/jobs/names.ts"
import { TestFleet } from "./test-fleet.ts"

it("reservedNames - are all that BullMQ uses", async () => {
  await using fleet = await TestFleet.open()
  const used = Object.keys(fleet.queues.of("bulk").keys).filter(Boolean)
  expect(new Set(used)).toEqual(reservedNames)
})
