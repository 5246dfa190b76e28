import type { SessionSettings } from "./device-protocol.ts"

/**
 * Has malloc of glibc 2.35 or newer ask for huge pages, which the system gives if transparent huge pages are `madvise` (the usual default) or `always`.
 * Runs read more memory than the CPU has addresses of small pages available: with huge ones int8 runs take 3 % less CPU time. Other systems ignore it.
 */
const hugePages = "glibc.malloc.hugetlb"

/** The environment of a device child; a debugger that waits for the parent would wait for every child too. */
export function childEnvironment(
  { provider, visibleGpu }: SessionSettings["device"],
  { NODE_OPTIONS: options, GLIBC_TUNABLES: tunables, ...given }: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const isSet = provider !== "cpu" || tunables?.includes(hugePages)
  const tuned = isSet ? tunables : [tunables, `${hugePages}=1`].filter(Boolean).join(":")
  return {
    ...given,
    ...(visibleGpu !== undefined && { CUDA_VISIBLE_DEVICES: visibleGpu }),
    ...(options !== undefined && { NODE_OPTIONS: options.replace(/--inspect\S*/g, "").trim() }),
    ...(tuned !== undefined && { GLIBC_TUNABLES: tuned }),
  }
}
