import { serverOptions } from "../../../src/http/options.ts"
import { workerOptions } from "../../../src/worker/options.ts"
import { type Container, type Manifest, podsOf } from "./manifest.ts"

/** What Kubernetes gives a pod that does not say. */
const defaultGraceSeconds = 30
/** What a process needs after it has drained, to give back what is left and to say goodbye. */
const goodbyeSeconds = 30

/** Pods that are killed before they have drained. */
export function stopProblems(manifests: readonly Manifest[]): string[] {
  return podsOf(manifests).flatMap(({ owner, spec }) => {
    const { terminationGracePeriodSeconds: graceSeconds = defaultGraceSeconds } = spec
    return spec.containers.flatMap(container => {
      const drainSeconds = drainSecondsOf(container)
      if (drainSeconds === undefined || graceSeconds >= drainSeconds + goodbyeSeconds) return []
      return [`${owner}: must have ${drainSeconds + goodbyeSeconds} s to stop; got ${graceSeconds}`]
    })
  })
}

/** How long a worker or a server drains; `undefined` for anything else. */
function drainSecondsOf({ args = [], env = [] }: Container): number | undefined {
  const flag = (name: string) => args.find(arg => arg.startsWith(`--${name}=`))?.split("=")[1]
  const variable = (name: string) => env.find(one => one.name === name)?.value
  if (args[0] === "work") return Number(variable("VALENCE_DRAIN_SECONDS") ?? workerOptions.drainSeconds.default)
  if (args[0] !== "serve") return undefined
  const drain = Number(flag("drain-seconds") ?? serverOptions.drainSeconds.default)
  return drain + Number(flag("unready-seconds") ?? serverOptions.unreadySeconds.default)
}
