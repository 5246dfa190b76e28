import { ValenceError } from "../errors.ts"
import { describeHolder, takeLockFile } from "../lock-file.ts"
import { outputFailed } from "../output-failed.ts"

/**
 * Takes the lock file of an output; a lock whose process is gone is taken over.
 *
 * @returns lets the lock go
 * @throws ValenceError `output_exists` where another run is writing the output; `output_failed` where its folder
 * cannot be written to
 */
export async function takeLock(path: string, output: string): Promise<() => Promise<void>> {
  const { release, holder } = await takeLockFile(path).catch(error => {
    throw outputFailed(output, error)
  })
  if (release) return release
  throw new ValenceError(
    "output_exists",
    holder
      ? `output ${output} is being written by another run, ${describeHolder(holder)}; if that is gone, remove ${path}`
      : `output ${output} is being written by another run: its lock is ${path}`,
  )
}
