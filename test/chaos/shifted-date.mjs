/**
 * Loaded into a process before its program: its clock differs from the machine's by the ms in a file, at any moment, as if
 * somebody had set it. Timers go on as before, as they do when a clock is set.
 */
import { readFileSync } from "node:fs"

const RealDate = Date
const realNow = Date.now
const path = process.env.VALENCE_SHIFT_FILE

function now() {
  let shiftMs = 0
  try {
    shiftMs = Number(readFileSync(path, "utf8"))
  } catch {
    // Nobody has set it yet.
  }
  return realNow() + shiftMs
}

class ShiftedDate extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(now())
    else super(...given)
  }

  static now() {
    return now()
  }
}

globalThis.Date = ShiftedDate
