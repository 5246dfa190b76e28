import type { FastifyInstance } from "fastify"
import { addBatches } from "../batches/batch-routes.ts"
import { addFiles } from "../batches/file-routes.ts"
import type { BatchServices } from "../batches/open-batches.ts"
import { addCorpus } from "../corpus/corpus-route.ts"
import { addHuggingFace } from "../dialects/hugging-face.ts"
import { addTextEmbeddingsInference } from "../dialects/text-embeddings-inference.ts"
import { addVllm } from "../dialects/vllm.ts"
import { addJobs, type FleetJobs } from "../jobs/job-routes.ts"
import type { ServerContext } from "../server-context.ts"
import { addDeadLetters } from "./dead-letters.ts"
import { addExplain } from "./explain.ts"
import { addHealth } from "./health.ts"
import { addLabelRoute } from "./label.ts"
import { addMetrics } from "./metrics.ts"
import { addModelsRoute } from "./models.ts"
import { addPage } from "./page.ts"
import { addQueueRoutes } from "./queue.ts"
import { addQueueBoard } from "./queue-board.ts"

/** Who may ask without a key: those who look whether it lives, and browsers for the page, which holds no data. */
const openToAll = { open: true } as const

/** What routes work with besides. */
export interface RouteServices {
  /** One for each fleet. */
  readonly jobs: readonly FleetJobs[]
  /** Absent without a fleet. */
  readonly batches: BatchServices | undefined
  /** Whether anybody may call. */
  readonly open: boolean
}

/** Adds all routes. */
export function addRoutes(app: FastifyInstance, serving: ServerContext, { jobs, batches, open }: RouteServices): void {
  addHealth(app, serving, openToAll)
  addMetrics(app, serving)
  addModelsRoute(app, serving)
  addLabelRoute(app, serving)
  // Each has an error handler of its own.
  app.register(async app => addHuggingFace(app, serving))
  app.register(async app => addTextEmbeddingsInference(app, serving, openToAll))
  app.register(async app => addVllm(app, serving))
  addExplain(app, serving)
  addQueueRoutes(app, serving)
  addDeadLetters(app, serving)
  addQueueBoard(app, serving)
  addPage(app, serving, !open, openToAll)
  addCorpus(app, serving)
  app.register(async app => addJobs(app, serving, jobs))
  // Each has an error handler of its own, too.
  app.register(async app => addFiles(app, serving, batches))
  app.register(async app => addBatches(app, serving, batches))
}
