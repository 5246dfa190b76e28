/** What a graph computes in. */
export type GraphDtype = "int8" | "fp16" | "fp32"

/**
 * The dtype of the graph that a device runs: the one place that says what `auto` is.
 *
 * @param device - as the option `device` names it; every device so far is a CPU, which int8 suits
 */
export function dtypeOn(_device: string, dtype: GraphDtype | "auto"): GraphDtype {
  return dtype === "auto" ? "int8" : dtype
}
