import type { Command } from "commander"
import { nearest } from "../nearest.ts"

const ours = "VALENCE_"

/** Variables that belong to no option. */
const besides = ["VALENCE_CACHE", "VALENCE_API_KEYS", "VALENCE_OPERATOR_KEYS"]

/** What docker-compose.yml reads. */
const ofCompose = [
  "VALENCE_WORKER_CPUS",
  "VALENCE_REDIS_MEMORY",
  "VALENCE_REDIS_PORT",
  "VALENCE_PROMETHEUS_PORT",
  "VALENCE_GRAFANA_PORT",
  "VALENCE_GRAFANA_PASSWORD",
]

/** What Kubernetes sets in each pod for a service whose name begins with `valence`. */
const isOfKubernetes = (name: string, value: string) =>
  /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_\w+)?$/.test(name) || /^(tcp|udp|sctp):\/\//.test(value)

/** The variables that options of a command, or of its subcommands, are read from. */
function variablesOf(command: Command): string[] {
  const own = command.options.flatMap(({ envVar }) => envVar ?? [])
  return [...own, ...command.commands.flatMap(variablesOf)]
}

/**
 * Warnings about variables that begin with `VALENCE_` and that no command reads: most likely a typing error.
 *
 * @example
 * unknownVariables(program, { VALENCE_REDDIS: 'redis://queue' })
 * // → ['no command reads the variable VALENCE_REDDIS; did you mean VALENCE_REDIS?']
 */
export function unknownVariables(program: Command, env: NodeJS.ProcessEnv): string[] {
  const known = [...new Set([...variablesOf(program), ...besides])]
  const bare = known.map(name => name.slice(ours.length))
  const warnings: string[] = []
  for (const [name, value = ""] of Object.entries(env)) {
    if (!name.startsWith(ours) || known.includes(name) || ofCompose.includes(name)) continue
    if (isOfKubernetes(name, value)) continue
    const meant = nearest(bare, name.slice(ours.length))
    const advice =
      meant === undefined ? "docs/reference/options.md lists those that are read" : `did you mean ${ours}${meant}?`
    warnings.push(`no command reads the variable ${name}; ${advice}`)
  }
  return warnings
}

/** Removes variables that begin with `VALENCE_` and are empty: an option would refuse the empty value. */
export function dropEmptyVariables(env: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(env)) if (name.startsWith(ours) && value === "") delete env[name]
}
