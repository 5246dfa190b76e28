import { type GraphDtype, suitableDtypes } from "../../model/dtype.ts"
import type { ShapeSteps } from "./device-shapes.ts"

/** A kind of device: how `--device` names it, and ONNX Runtime's execution provider after it. */
export interface Provider {
  /** As in `--device`. */
  readonly device: string
  /** As onnxruntime-node calls it. */
  readonly name: string
  /** Take over the nodes that it cannot compute, in this order; `cpu` does so always. */
  readonly helpers: readonly string[]
  /** What `:N` says: how many children, which of several devices, or nothing: there is one. */
  readonly number: "children" | "index" | "none"
  /** Where onnxruntime-node has it, as platform/architecture; `undefined` for everywhere. */
  readonly platforms: readonly string[] | undefined
  /** Files that must be next to onnxruntime-node's binding; those it does not come with are downloaded by `install`. */
  readonly files: readonly string[]
  /** How these files get there. */
  readonly install?: string
  /** Shared libraries of the system that it opens by itself, on Linux; those that its files need are read from these. */
  readonly libraries: readonly string[]
  /** Whether it computes on NVIDIA's GPUs, of which CUDA_VISIBLE_DEVICES shows some. */
  readonly isNvidia?: boolean
  /** Precisions of a graph that suit it, the best first. */
  readonly dtypes: readonly GraphDtype[]
  /** The shapes that micro-batches are padded to; `undefined` if any will do. */
  readonly shapeSteps: ShapeSteps | undefined
  /** Token budget of a micro-batch if none was measured. */
  readonly maxBatchTokens: number
}

const gpu = {
  helpers: [],
  number: "index",
  files: [],
  libraries: [],
  dtypes: suitableDtypes.gpu,
  shapeSteps: { tokens: 16, rowsApart: 2 },
  maxBatchTokens: 16_384,
} as const

const installCuda = "ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js"
const cudaFiles = ["libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so"]

/** Every kind of device. The binding takes an index as its one option of a provider, and of some not even that. */
export const providers: readonly Provider[] = [
  {
    device: "cpu",
    name: "cpu",
    helpers: [],
    number: "children",
    platforms: undefined,
    files: [],
    libraries: [],
    dtypes: suitableDtypes.cpu,
    shapeSteps: undefined,
    maxBatchTokens: 512,
  },
  {
    ...gpu,
    device: "cuda",
    isNvidia: true,
    name: "cuda",
    platforms: ["linux/x64"],
    files: cudaFiles,
    install: installCuda,
  },
  {
    ...gpu,
    device: "tensorrt",
    isNvidia: true,
    name: "tensorrt",
    helpers: ["cuda"],
    platforms: ["linux/x64"],
    files: [...cudaFiles, "libonnxruntime_providers_tensorrt.so"],
    install: installCuda,
    // An engine is built for every shape.
    shapeSteps: { tokens: 64, rowsApart: 8 },
  },
  // AMD's GPUs: ONNX Runtime has let go of its ROCm provider for MIGraphX.
  { ...gpu, device: "rocm", name: "migraphx", platforms: [], libraries: ["libmigraphx_c.so.3"] },
  { ...gpu, device: "migraphx", name: "migraphx", platforms: [], libraries: ["libmigraphx_c.so.3"] },
  { ...gpu, device: "coreml", name: "coreml", number: "none", platforms: ["darwin/arm64"] },
  { ...gpu, device: "directml", name: "dml", platforms: ["win32/x64", "win32/arm64"], files: ["DirectML.dll"] },
  {
    ...gpu,
    device: "webgpu",
    name: "webgpu",
    number: "none",
    platforms: ["linux/x64", "darwin/arm64", "win32/x64", "win32/arm64"],
    libraries: ["libvulkan.so.1"],
  },
  { ...gpu, device: "openvino", name: "openvino", number: "none", platforms: [], libraries: ["libopenvino.so"] },
]

/** The kind of device after a name of the table. */
export function providerOf(device: string): Provider {
  const provider = providers.find(known => known.device === device)
  if (provider === undefined) throw new Error(`${device} must be in the table of providers`)
  return provider
}
