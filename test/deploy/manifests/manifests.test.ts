import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"
import { findProgram } from "../../redis/find-redis-binary.ts"
import { copies, examples, headerOf, presentFor, renderedFolder } from "../chart/chart.ts"
import { readManifests } from "./manifest.ts"
import { manifestProblems } from "./manifest-problems.ts"
import { moreMutants, mutateText } from "./more-mutants.ts"
import { mutants, mutate } from "./mutants.ts"

const textOf = (example: string) => readFileSync(join(renderedFolder, `${example}.yaml`), "utf8")

describe("the manifests that were rendered from the chart", () => {
  it.each(examples)("%s - has no problem", example => {
    expect(manifestProblems(readManifests(textOf(example)), presentFor(example))).toEqual([])
  })

  it.each(examples)("%s - was rendered from the chart as it is; npm run test:chart -- -u renders it again", example => {
    expect(textOf(example).slice(0, headerOf(example).length)).toBe(headerOf(example))
  })

  it.each(mutants)("with $fault - is found out", mutant => {
    const manifests = readManifests(textOf(mutant.example))
    mutate(manifests, mutant)
    expect(manifestProblems(manifests, presentFor(mutant.example)).join("\n")).toMatch(mutant.problem)
  })

  it.each(moreMutants)("with $fault - is found out", mutant => {
    const manifests = readManifests(mutateText(textOf(mutant.example), mutant))
    expect(manifestProblems(manifests, presentFor(mutant.example)).join("\n")).toMatch(mutant.problem)
  })

  it.each(copies)("%s - is in the chart too; npm run test:chart -- -u copies it", (original, copy) => {
    expect(readFileSync(copy, "utf8")).toBe(readFileSync(original, "utf8"))
  })

  it("have the alerts and the dashboard of deploy/", () => {
    const manifests = readManifests(textOf("keda-from-zero"))
    const { spec } = manifests.find(({ kind }) => kind === "PrometheusRule") ?? {}
    expect(spec).toEqual(parse(readFileSync(copies[0][0], "utf8")))
    const { data = {} } = manifests.find(({ metadata }) => metadata.name === "valence-dashboard") ?? {}
    expect(JSON.parse(data["valence.json"] ?? "")).toEqual(JSON.parse(readFileSync(copies[1][0], "utf8")))
  })

  it("scale GPUs by the tokens that wait for each worker, from zero, and take no missing number for 0", () => {
    const manifests = readManifests(textOf("keda-from-zero"))
    const { spec } = manifests.find(({ kind }) => kind === "ScaledObject") ?? {}
    expect(spec).toMatchObject({ minReplicaCount: 0, fallback: { failureThreshold: 3, replicas: 1 } })
    expect(spec?.triggers?.[0]).toMatchObject({ metricType: "AverageValue", metadata: { ignoreNullValues: "false" } })
    expect(
      manifests.some(({ kind, metadata }) => kind === "PodDisruptionBudget" && metadata.name === "valence-gpu"),
    ).toBe(false)
  })

  it.for(examples)("%s - is read by kubectl", (example, { skip }) => {
    skip(findProgram("kubectl") === undefined, "skipped: kubectl is not there")
    const file = join(renderedFolder, `${example}.yaml`)
    const words = ["label", "--local", "--dry-run=client", "-f", file, "read=yes", "-o", "name"]
    const { stdout, stderr } = spawnSync("kubectl", words, { encoding: "utf8" })
    const names = readManifests(textOf(example)).map(({ metadata }) => metadata.name)
    const read = stdout
      .trim()
      .split("\n")
      .map(line => line.replace(/.*\//, ""))
    expect({ stderr, read }).toEqual({ stderr: "", read: names })
  })
})
