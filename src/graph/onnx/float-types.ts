/** The floating-point types that weights may have; the names are those of safetensors. */
const floatTypes = ["F32", "F16", "BF16"] as const

export type FloatType = (typeof floatTypes)[number]

/** Whether weights may have this type. */
export function isFloatType(type: string): type is FloatType {
  return floatTypes.some(float => float === type)
}

/**
 * Little-endian values as float32; every F16 and BF16 value has an exact float32.
 *
 * @param bytes - a whole number of values; F32 is shared, not copied, if it is aligned
 */
export function toFloat32(bytes: Uint8Array, type: FloatType): Float32Array {
  if (type === "F32" && bytes.byteOffset % 4 === 0)
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
  // Not by slice(): that of a Buffer shares memory instead of copying.
  if (type === "F32") return new Float32Array(new Uint8Array(bytes).buffer)
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

/** The largest number that a half can hold. */
export const largestFloat16 = 65_504

const float32Value = new Float32Array(1)
const float32Bits = new Uint32Array(float32Value.buffer)

/** Float32 values as IEEE 754 halves, rounded to the nearest, ties to even; what is too large becomes infinite. */
export function toFloat16(values: Float32Array): Uint16Array {
  const halves = new Uint16Array(values.length)
  for (let i = 0; i < halves.length; i++) {
    float32Value[0] = values[i] ?? Number.NaN
    halves[i] = halfOf(float32Bits[0] ?? 0)
  }
  return halves
}

/** The half that is nearest to a float32, both as bits. */
function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  // 65,520 and more are nearer to what would be the next power of two than to the largest half.
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  // Below 2^-14 halves are multiples of 2^-24; adding 0.5, whose float32 step is 2^-24, rounds to one.
  if (magnitude < 0x38800000) {
    float32Bits[0] = magnitude
    float32Value[0] = (float32Value[0] ?? 0) + 0.5
    return sign | ((float32Bits[0] ?? 0) - 0x3f000000)
  }
  // A carry out of the mantissa moves on to the exponent, as it should.
  const odd = (magnitude >>> 13) & 1
  return sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13)
}
