import { Job, type JobsOptions, type Queue } from "bullmq"

/**
 * Adds a job under an id that BullMQ's own `add` may refuse: other ports' jobs have numbers for ids. A job whose id is there
 * is not added again.
 */
export async function addJobWithId(
  queue: Queue,
  name: string,
  data: unknown,
  id: string,
  options: JobsOptions,
): Promise<void> {
  await queue.getBackend().addJob(new Job(queue, name, data, options, id).asJSON(), id)
}
