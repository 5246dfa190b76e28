/**
 * How ONNX Runtime's arenas, CUDA, cuBLAS, DirectML, WebGPU and C++ say that there is no memory left. Their messages are all
 * that the binding passes on.
 */
const words =
  /failed to allocate memory|out of memory|out_of_memory|ALLOC_FAILED|not enough memory|E_OUTOFMEMORY|8007000E|bad[_ ]alloc/i

/** Whether a run failed because its device has no memory left: a smaller micro-batch may fit. */
export function saysOutOfMemory(message: string): boolean {
  return words.test(message)
}
