import { readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { dirname, join } from "node:path"

/** Where ONNX Runtime is, and which version it is; found without loading it, which takes a tenth of a second. */
export function onnxRuntimeFiles(): { readonly version: string; readonly folder: string } {
  const manifest = createRequire(import.meta.url).resolve("onnxruntime-node/package.json")
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string }
  return { version, folder: join(dirname(manifest), "bin", "napi-v6", process.platform, process.arch) }
}
