import "./no-telemetry.ts"

export { env, InferenceSession, listSupportedBackends, Tensor } from "onnxruntime-node"
