import type { WorkerEmitter } from "../events.ts"
import type { Labeller } from "../labeller.ts"
import { isProducer } from "../producer/is-producer.ts"
import type { Producer } from "../producer/producer.ts"
import type { OpenQueues } from "../queue/open-queues.ts"

/** What a server labels with. */
export interface ServerInputs {
  /** Labels what names no model. */
  readonly labeller: Labeller
  /** Others that a request may name; fleets among them have jobs too. */
  readonly others: readonly Labeller[]
  /** The same as `labeller` if that is a fleet: jobs need one. */
  readonly producer: Producer | undefined
  /** The fleet's queues, to be looked at. */
  readonly queues: OpenQueues | undefined
  /** The labeller's events. */
  readonly events: WorkerEmitter
}

/** The fleets of a server, the default one first. */
export function fleetsOf({ producer, others }: Pick<ServerInputs, "producer" | "others">): Producer[] {
  const more = others.filter(isProducer)
  return producer ? [producer, ...more] : more
}
