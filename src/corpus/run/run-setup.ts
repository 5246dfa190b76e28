import { type Complete, completeOptions } from "../../declaration.ts"
import { resolveInput, resolveOutput, resolveReport } from "../files/resolve-files.ts"
import type { InputFile, OutputFiles } from "../formats.ts"
import { type CorpusOptions, corpusOptions } from "../options.ts"

/** What a run reads, what it writes and how: worked out once, before anything is opened. */
export interface RunSetup {
  readonly options: Complete<typeof corpusOptions>
  readonly input: InputFile
  readonly files: OutputFiles
  /** Absolute path of the report; `undefined` for none. */
  readonly report: string | undefined
  /** Whether the output takes the input's columns as they are, without looking into them: from Parquet to Parquet. */
  readonly copiesColumns: boolean
}

/** @throws ValenceError `option_invalid`, `input_invalid` */
export function setUpRun(request: {
  readonly input: string
  readonly output?: string | undefined
  readonly options?: CorpusOptions | undefined
}): RunSetup {
  const options = completeOptions(corpusOptions, request.options ?? {})
  const input = resolveInput(request.input, options.format)
  const files = resolveOutput(input, request.output, options.outputFormat)
  const report = options.report ? resolveReport(options.report, input, files) : undefined
  return { options, input, files, report, copiesColumns: input.format === "parquet" && files.format === "parquet" }
}
