import { expect, it } from "vitest"
import { sessionProblem } from "../../src/doctor/try-provider.ts"
import { listSupportedBackends } from "../../src/model/runtime/onnx-runtime.ts"

const supported = listSupportedBackends().map(({ name }) => name)

it("sessionProblem() - nothing if a session opens, and what ONNX Runtime says if none does", async () => {
  expect(await sessionProblem({ device: "cpu" })).toBeUndefined()
  const device = supported.includes("openvino") ? "rocm" : "openvino"
  expect(await sessionProblem({ device })).toMatch(/backend not found|not supported|not available/i)
})
