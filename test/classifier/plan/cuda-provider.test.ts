import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { readElfDynamic } from "../../../src/classifier/plan/elf-dynamic.ts"
import { systemLoaderPaths } from "../../../src/classifier/plan/loader-paths.ts"
import { missingLibraries } from "../../../src/classifier/plan/missing-libraries.ts"
import { fromPackageRoot } from "../../../src/files/package-root.ts"
import { onnxRuntimeFiles } from "../../../src/model/runtime/onnx-runtime-files.ts"
import { TemporaryFolder } from "../../corpus/temporary-folder.ts"

/** A driver without a GPU: each call answers CUDA_ERROR_NO_DEVICE, 100. */
const driver = `
  int cuInit(unsigned flags) { return 100; }
  int cuDriverGetVersion(int *version) { *version = 13000; return 0; }
  int cuDeviceGetCount(int *count) { *count = 0; return 100; }
  int cuTensorMapEncodeTiled(void) { return 100; }
  int cuGetErrorString(int error, const char **text) { *text = "no device (stub)"; return 0; }
  int cuGetErrorName(int error, const char **text) { *text = "CUDA_ERROR_NO_DEVICE"; return 0; }
  int cuGetProcAddress_v2(const char *name, void **found, int version, unsigned long flags, void *status) { *found = 0; return 100; }
  int cuGetProcAddress(const char *name, void **found, int version, unsigned long flags) { *found = 0; return 100; }
  int cuGetExportTable(const void **table, const void *id) { *table = 0; return 100; }
`

const provider = join(onnxRuntimeFiles().folder, "libonnxruntime_providers_cuda.so")
const hasCompiler = spawnSync("gcc", ["--version"]).status === 0

// Beside the binding of onnxruntime-node only if somebody has put it there: docs/devices.md says how.
describe.runIf(existsSync(provider) && hasCompiler)(
  "ONNX Runtime's provider for CUDA, with a driver without a GPU",
  () => {
    const folder = new TemporaryFolder()
    afterAll(() => folder[Symbol.dispose]())
    const stub = folder.write("driver.c", driver)
    const compiled = spawnSync("gcc", ["-shared", "-fPIC", "-o", join(folder.path, "libcuda.so.1"), stub])

    it("what is missing is what its file needs, and not the driver", () => {
      expect(compiled.status).toBe(0)
      const paths = systemLoaderPaths()
      const missing = missingLibraries(provider, { ...paths, first: [folder.path, ...paths.first] })
      expect(readElfDynamic(provider)?.needed).toEqual(expect.arrayContaining(["libcuda.so.1", ...missing]))
      expect(missing).not.toContain("libcuda.so.1")
    })

    it("a session - names what is missing, or what CUDA says", () => {
      const env = { ...process.env, LD_LIBRARY_PATH: [folder.path, process.env["LD_LIBRARY_PATH"]].join(":") }
      const words = [fromPackageRoot("bin/valence.js"), "classify", "I love it", "--device", "cuda:0"]
      const { status, stderr } = spawnSync(process.execPath, words, { env, encoding: "utf8" })
      expect(status).not.toBe(0)
      expect(stderr).toMatch(/cuda:0 can't be used: (CUDA failure \d+|lib\S+\.so\S* .*not found|fp16)/)
      expect(stderr).not.toContain("libcuda.so.1")
    })
  },
)
