import { dirname, join, relative } from "node:path"
import { checkRequest, type MembersOf, requirePath } from "../check-request.ts"
import { asError, shown, ValenceError } from "../errors.ts"
import { makeFolder } from "../files/make-folder.ts"
import { outputFailed } from "../files/output-failed.ts"
import { type FoundInput, findInputs } from "./files/find-inputs.ts"
import { formatOfName, type OutputFormat } from "./formats.ts"
import { type CorpusRequest, corpusMembers, labelCorpus } from "./label-corpus.ts"
import { type CorpusOptions, corpusOptions } from "./options.ts"
import { applicableTo } from "./read/applicable-options.ts"
import type { Progress } from "./run/progress.ts"
import type { RunSummary } from "./run/summary.ts"
import type { FailedRow } from "./run/write-chunk.ts"

/** What `labelFiles` is asked to do; `input` is a folder or a pattern, `output` a folder. */
export interface FilesRequest extends Omit<CorpusRequest, "output" | "onProgress" | "onFailedRow"> {
  readonly output: string
  /** Called when a file ends, however it does. */
  readonly onFile?: ((file: LabelledFile) => void) | undefined
  readonly onProgress?: ((progress: Progress, input: string) => void) | undefined
  readonly onFailedRow?: ((row: FailedRow, input: string) => void) | undefined
}

const filesMembers: MembersOf<FilesRequest> = { ...corpusMembers, onFile: true }

/** What one of several files came to. */
export interface LabelledFile {
  readonly input: string
  readonly output: string
  /** Absent if its run could not be made. */
  readonly summary: RunSummary | undefined
  readonly error: Error | undefined
}

/** What all files came to. */
export interface FilesSummary {
  /** In the order of their names; those that were not begun are absent. */
  readonly files: readonly LabelledFile[]
  /** Files there are. */
  readonly found: number
  /** Whether it was stopped before the end of the last file. */
  readonly interrupted: boolean
}

/**
 * Labels the files of a folder, or those that a pattern names, one after the other: each is a run of its own, whose output
 * and manifest are in the output folder under the input's name. A file that fails does not keep the others from being
 * labelled. Started again, files that are done are passed over, and the one that was stopped continues.
 *
 * @throws ValenceError `input_invalid` if there are no files; `option_invalid` if two of them would have one output, or
 * a report is asked for
 */
export async function labelFiles(request: FilesRequest): Promise<FilesSummary> {
  checkRequest(request, filesMembers, corpusOptions)
  const { input, output, onFile, onProgress, onFailedRow, signal, options = {}, ...shared } = request
  requirePath("input", input)
  requirePath("output", output)
  if (options.report !== undefined)
    throw new ValenceError("option_invalid", `report must be left out for several files; got ${shown(options.report)}`)
  const found = await findInputs(input, output)
  const outputs = outputsOf(found, output, options.outputFormat)
  const files: LabelledFile[] = []
  let interrupted = false
  for (const [at, { path }] of found.entries()) {
    if (signal?.aborted || interrupted) break
    const to = outputs[at] as string
    const file = await labelOne(path, to, {
      ...shared,
      options: applicableTo(options.format ?? formatOfName(path), options),
      signal,
      onProgress: progress => onProgress?.(progress, path),
      onFailedRow: row => onFailedRow?.(row, path),
    })
    if (file.error instanceof ValenceError && file.error.code === "aborted") break
    interrupted = file.summary?.interrupted === true
    files.push(file)
    onFile?.(file)
  }
  return { files, found: found.length, interrupted: interrupted || files.length < found.length }
}

/** The files that `labelFiles` would label, and where their outputs would go. */
export async function planFiles(
  input: string,
  output: string,
  { outputFormat }: Pick<CorpusOptions, "outputFormat">,
): Promise<{ readonly input: string; readonly output: string }[]> {
  const found = await findInputs(input, output)
  const outputs = outputsOf(found, output, outputFormat)
  return found.map(({ path }, at) => ({ input: path, output: outputs[at] as string }))
}

async function labelOne(
  input: string,
  output: string,
  request: Omit<CorpusRequest, "input" | "output">,
): Promise<LabelledFile> {
  try {
    await makeFolder(dirname(output)).catch((error: unknown) => {
      throw outputFailed(output, error)
    })
    return { input, output, summary: await labelCorpus({ ...request, input, output }), error: undefined }
  } catch (error) {
    return { input, output, summary: undefined, error: asError(error) }
  }
}

/** JSON is written as JSON Lines. */
function asLines(name: string): string {
  return name.replace(/\.json(?=(\.\w+)?$)/i, ".jsonl")
}

/** Where each file's output goes: under its own name, with the format's extension after it if that is another one. */
function outputsOf(found: readonly FoundInput[], folder: string, format: OutputFormat | undefined): string[] {
  const inputs = new Map<string, string>()
  return found.map(({ path, name }) => {
    const own = formatOfName(name)
    const wanted = format ?? (own === "text" ? "csv" : own)
    const plain = name.replace(/\.zip$/i, "")
    const output = join(folder, wanted === undefined || wanted === own ? asLines(plain) : `${plain}.${wanted}`)
    const other = inputs.get(output)
    if (other !== undefined)
      throw new ValenceError(
        "option_invalid",
        `output ${relative("", output)} must be that of one file; it would be of ${other} and ${path}`,
      )
    inputs.set(output, path)
    return output
  })
}
