import { stat } from "node:fs/promises"
import { sum } from "../sum.ts"

/** So many bytes take a minute on two cores, of which measuring the devices is a small part. */
const largeBytes = 16e6

/** Whether inputs are large files together; how long a pipe goes on, nobody knows. */
export async function areLarge(paths: readonly string[]): Promise<boolean> {
  const facts = await Promise.all(paths.map(path => stat(path).catch(() => undefined)))
  return sum(facts.map(fact => (fact?.isFile() ? fact.size : 0))) >= largeBytes
}
