import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { scalesFile } from "../../../src/graph/build-model.ts"
import { calibrate } from "../../../src/graph/int8/calibrate.ts"
import { writeScales } from "../../../src/graph/int8/scales.ts"
import { readCalibration, readCheckpoint } from "../../../src/graph/weights/checkpoint.ts"

describe.each(["distilbert-tiny", "roberta-tiny"])("calibrate - %s", name => {
  it("finds the scales that other CPUs found, byte for byte", async () => {
    const checkpoint = await readCheckpoint(`test/golden/${name}`)
    const { config, weights } = checkpoint
    const { scales } = await calibrate(config, weights, await readCalibration(checkpoint))
    expect(writeScales(scales)).toBe(readFileSync(`test/golden/${name}/${scalesFile}`, "utf8"))
  })
})
