import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"

/** A folder that is gone when it is disposed. */
export class TemporaryFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "valence-test-"))

  /** The path of a file in it. */
  at(name: string): string {
    return join(this.path, name)
  }

  /** Writes a file, and returns its path. */
  write(name: string, content: string | Uint8Array): string {
    mkdirSync(dirname(this.at(name)), { recursive: true })
    writeFileSync(this.at(name), content)
    return this.at(name)
  }

  read(name: string): string {
    return this.bytes(name).toString()
  }

  bytes(name: string): Buffer {
    return readFileSync(this.at(name))
  }

  /** When a file was last changed. */
  modifiedMs(name: string): number {
    return statSync(this.at(name)).mtimeMs
  }

  /** The objects of a JSON Lines file. */
  lines(name: string): unknown[] {
    return this.read(name)
      .split("\n")
      .filter(line => line !== "")
      .map(line => JSON.parse(line))
  }

  names(): string[] {
    return readdirSync(this.path).sort()
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true })
  }
}
