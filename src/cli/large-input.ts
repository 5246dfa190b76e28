import { stat } from "node:fs/promises"
import { sum } from "../sum.ts"

/** Bytes that take a minute on two cores: measuring the devices is a small part of that. */
const largeBytes = 16e6

/** Whether inputs are large files together; the length of a pipe is unknown. */
export async function areLarge(paths: readonly string[]): Promise<boolean> {
  const facts = await Promise.all(paths.map(path => stat(path).catch(() => undefined)))
  return sum(facts.map(fact => (fact?.isFile() ? fact.size : 0))) >= largeBytes
}
