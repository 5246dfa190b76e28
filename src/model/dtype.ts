/** What a graph computes in. */
export type GraphDtype = "int8" | "fp16" | "fp32"

/** What `auto` is: the precisions that suit a kind of device, the best first. */
export const suitableDtypes = { cpu: ["int8"], gpu: ["fp16", "fp32"] } as const satisfies Record<
  string,
  readonly GraphDtype[]
>
