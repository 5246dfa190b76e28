import { createProducer } from "../built.ts"
import { type OpenLabel, openBare, type Way } from "./bare-replies.ts"

/** Whose replies: Valence's, or those of a bare queue of BullMQ by one of the ways. */
export type ReplyKind = "valence" | Way

/** A producer that labels one text after the other. */
export async function openLabel(redis: string, kind: ReplyKind): Promise<OpenLabel> {
  if (kind !== "valence") return openBare(redis, kind)
  const producer = await createProducer({ redis })
  return { label: () => producer.label(["a text"]), close: () => producer.close() }
}
