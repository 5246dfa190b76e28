/** Bytes of a value, for each floating-point type that a checkpoint may use; the names are those of safetensors. */
export const floatBytes = { F32: 4, F16: 2, BF16: 2 } as const

export type FloatType = keyof typeof floatBytes

/**
 * Little-endian values as float32; every F16 and BF16 value has an exact float32.
 *
 * @param bytes - a whole number of values; F32 is shared, not copied, where it is aligned
 */
export function toFloat32(bytes: Uint8Array, type: FloatType): Float32Array {
  if (type === "F32" && bytes.byteOffset % 4 === 0)
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
  if (type === "F32") return new Float32Array(bytes.slice().buffer)
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const bits = new Uint32Array(bytes.length / 2)
  for (let i = 0; i < bits.length; i++) {
    const half = source.getUint16(2 * i, true)
    bits[i] = type === "BF16" ? half << 16 : float16Bits(half)
  }
  return new Float32Array(bits.buffer)
}

/** The float32 bit pattern of an IEEE 754 half: 1 sign bit, 5 of exponent (bias 15 against 127), 10 of mantissa. */
function float16Bits(half: number): number {
  const sign = (half & 0x8000) << 16
  const exponent = (half >> 10) & 0x1f
  const mantissa = half & 0x3ff
  if (exponent === 0x1f) return sign | 0x7f800000 | (mantissa << 13)
  if (exponent !== 0) return sign | ((exponent + 127 - 15) << 23) | (mantissa << 13)
  if (mantissa === 0) return sign
  // A subnormal half, mantissa * 2^-24, is a normal float32: its leading bit becomes the implicit one.
  const shift = Math.clz32(mantissa) - 21
  return sign | ((127 - 14 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13)
}
