import { join } from "node:path"
import { describe, expect, it } from "vitest"
import {
  loadProblem,
  neededLibraries,
  providerProblem,
  unavailableReason,
  withoutSignatures,
} from "../../../src/classifier/plan/provider-problem.ts"
import { type Provider, providerOf } from "../../../src/classifier/plan/providers.ts"
import { onnxRuntimeFiles } from "../../../src/model/runtime/onnx-runtime-files.ts"
import { TemporaryFolder } from "../../corpus/temporary-folder.ts"
import { writeLibrary } from "./write-library.ts"

const here = `${process.platform}/${process.arch}`
const cudaHere: Provider = { ...providerOf("cuda"), platforms: [here] }
const { version } = onnxRuntimeFiles()

describe("absence", () => {
  it("a file that is not installed - names it, and the command that installs it", () => {
    using folder = new TemporaryFolder()
    folder.write("libonnxruntime_providers_shared.so", "")
    expect(unavailableReason(cudaHere, folder.path)).toBe(
      "libonnxruntime_providers_cuda.so is not installed with onnxruntime-node, whose install script was skipped; " +
        "install it with: ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js",
    )
  })

  it("a platform without it - says so", () => {
    expect(unavailableReason(providerOf("openvino"))).toBe(`onnxruntime-node has no provider openvino on ${here}`)
  })

  it("all files are there - nothing", () => {
    using folder = new TemporaryFolder()
    for (const file of cudaHere.files) folder.write(file, "")
    expect(unavailableReason(cudaHere, folder.path)).toBeUndefined()
    expect(unavailableReason(providerOf("cpu"))).toBeUndefined()
  })
})

describe.runIf(process.platform === "linux")("loadProblem", () => {
  it("a library that is not there - names it", () => {
    expect(loadProblem("libnobody.so.7")).toBe("libnobody.so.7 is not found by the loader of shared libraries")
    // Its driver is NVIDIA's own: nothing else brings it.
    expect(loadProblem("libcuda.so.1") ?? "comes with NVIDIA's driver").toContain("comes with NVIDIA's driver")
  })

  it("a library that is there and is no module of Node - nothing", () => {
    expect(loadProblem("libc.so.6")).toBeUndefined()
  })
})

describe("withoutSignatures", () => {
  it.each([
    [
      "/src/cuda_call.cc:154 std::conditional_t<THRW, void> CudaCall(ERRTYPE) [with ERRTYPE = cudaError] /src/a.cc:146 b() [with T = int] CUDA failure 35: CUDA driver version is insufficient",
      "CUDA failure 35: CUDA driver version is insufficient",
    ],
    [
      "/src/webgpu_context.cc:136 Initialize(const Config&)::<lambda()> status == Success was false. Failed to get a WebGPU adapter: No supported adapters",
      "Failed to get a WebGPU adapter: No supported adapters",
    ],
    ["out of memory", "out of memory"],
  ])("%s", (message, short) => {
    expect(withoutSignatures(message)).toBe(short)
  })
})

describe("providerProblem", () => {
  it("a provider that was not built in - names those that were", () => {
    expect(providerProblem(providerOf("rocm"), ["cpu", "webgpu"])).toBe(
      `onnxruntime-node ${version} has no provider migraphx on ${here}; it has cpu, webgpu`,
    )
  })

  it.runIf(process.platform === "linux")("a library of the system that is missing - names it", () => {
    const provider = { ...providerOf("webgpu"), platforms: [here], libraries: ["libc.so.6", "libnobody.so.7"] }
    expect(providerProblem(provider, ["webgpu"])).toMatch(/^libnobody\.so\.7 is not found/)
  })

  describe.runIf(process.platform === "linux")("a provider with files", () => {
    const provider = { ...cudaHere, files: ["libprovider.so"] }
    const problem = (folder: TemporaryFolder) => providerProblem(provider, ["cuda"], folder.path)

    it("all that they need is missing - names each, and where the driver comes from", () => {
      using folder = new TemporaryFolder()
      writeLibrary(join(folder.path, "libprovider.so"), { needed: ["libnobody.so.7", "libnobody.so.8", "libc.so.6"] })
      expect(problem(folder)).toBe("libnobody.so.7 and libnobody.so.8 are not found by the loader of shared libraries")
      expect(neededLibraries(provider, folder.path)).toEqual(["libnobody.so.7", "libnobody.so.8", "libc.so.6"])
    })

    it("all is there - nothing, and the loader loads it", () => {
      using folder = new TemporaryFolder()
      writeLibrary(join(folder.path, "libnobody.so.7"), { needed: ["libc.so.6"] })
      writeLibrary(join(folder.path, "libprovider.so"), { needed: ["libnobody.so.7"], runpath: "$ORIGIN" })
      expect(problem(folder)).toBeUndefined()
      expect(loadProblem(join(folder.path, "libprovider.so"))).toBeUndefined()
    })

    it("what it needs lacks something - names that, as the loader does", () => {
      using folder = new TemporaryFolder()
      writeLibrary(join(folder.path, "libnobody.so.7"), { needed: ["libnobody.so.9"] })
      writeLibrary(join(folder.path, "libprovider.so"), { needed: ["libnobody.so.7"], runpath: "$ORIGIN" })
      expect(problem(folder)).toBe("libnobody.so.9 is not found by the loader of shared libraries")
      expect(loadProblem(join(folder.path, "libprovider.so"))).toBe(problem(folder))
    })
  })

  it("the CPU - nothing", () => {
    expect(providerProblem(providerOf("cpu"), ["cpu"])).toBeUndefined()
  })
})
