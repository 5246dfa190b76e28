import type { RunIdentity } from "../run/manifest.ts"
import type { RunSummary } from "../run/summary.ts"
import type { Tally } from "../run/tally.ts"

/** The data of a report. */
export interface ReportData {
  readonly summary: RunSummary
  readonly tally: Tally
  /** The options that change results, as the manifest names them. */
  readonly options: RunIdentity["options"]
}
