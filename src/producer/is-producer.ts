import type { Labeller } from "../labeller.ts"
import type { Producer } from "./producer.ts"

/** Whether a labeller is a fleet's; loads no BullMQ to find out. */
export function isProducer(labeller: Labeller): labeller is Producer {
  return labeller.isFleet === true
}
