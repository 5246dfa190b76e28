/*
 * Rounding float32 to 8 bits. Arithmetic runs in double and scales are rounded to float32 once, so the codes depend on
 * the values alone and not on the CPU.
 */

import { quantisePairs } from "./quantise-pairs.ts"

/** How a float becomes a uint8 code: code = round(value / scale) + zeroPoint, kept within 0..255. */
export interface ActivationScale {
  /** float32. */
  readonly scale: number
  readonly zeroPoint: number
}

/** int8 codes with a float32 scale for each column or row: value = code * scale. */
export interface Quantised {
  readonly values: Int8Array
  readonly scales: Float32Array
}

const WEIGHT_MAX = 127
const ACTIVATION_CODES = 255

/** The scale whose codes reach from `low` to `high`; 0 always has a code of its own. */
export function activationScale(low: number, high: number): ActivationScale {
  const from = Math.min(low, 0)
  const scale = Math.fround((Math.max(high, 0) - from) / ACTIVATION_CODES) || 1
  return { scale, zeroPoint: Math.round((0 - from) / scale) }
}

/**
 * A matrix with a symmetric scale for each column.
 *
 * @param matrix - shape [rows, columns], row-major
 * @param rowFactors - multiplies each row first
 */
export function quantiseColumns(matrix: Float32Array, columns: number, rowFactors?: Float32Array): Quantised {
  const rows = matrix.length / columns
  const values = new Int8Array(matrix.length)
  const scales = new Float32Array(columns)
  const column = new Float64Array(rows)
  for (let index = 0; index < columns; index++) {
    for (let row = 0, i = index; row < rows; row++, i += columns)
      column[row] = (matrix[i] ?? 0) * (rowFactors?.[row] ?? 1)
    const { codes, scale } = quantisePairs(column)
    scales[index] = scale
    for (let row = 0, i = index; row < rows; row++, i += columns) values[i] = codes[row] ?? 0
  }
  return { values, scales }
}

/** A matrix with a symmetric scale for each row: shape [rows, columns], row-major. */
export function quantiseRows(matrix: Float32Array, columns: number): Quantised {
  const scales = new Float32Array(matrix.length / columns)
  for (let row = 0; row < scales.length; row++) {
    let largest = 0
    for (const value of matrix.subarray(row * columns, (row + 1) * columns))
      largest = Math.max(largest, Math.abs(value))
    scales[row] = Math.fround(largest / WEIGHT_MAX) || 1
  }
  const values = new Int8Array(matrix.length)
  for (let row = 0, i = 0; i < matrix.length; row++)
    for (let column = 0; column < columns; column++, i++) values[i] = codeOf(matrix[i] ?? 0, scales[row] ?? 1)
  return { values, scales }
}

function codeOf(value: number, scale: number): number {
  return Math.max(-WEIGHT_MAX, Math.min(WEIGHT_MAX, Math.round(value / scale)))
}
