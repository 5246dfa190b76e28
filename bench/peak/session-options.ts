import type { InferenceSession } from "../../src/model/runtime/onnx-runtime.ts"

/** As a device child opens its session on the CPU. */
export const sessionOptions: InferenceSession.SessionOptions = {
  executionProviders: ["cpu"],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  graphOptimizationLevel: "all",
}
