/**
 * Whether JSON has lists and objects within each other on more levels than this many.
 *
 * @example
 * isNestedDeeper([[1]], 2) // → false
 * isNestedDeeper([[1]], 1) // → true
 */
export function isNestedDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false
  if (levels === 0) return true
  return Object.values(value).some(part => isNestedDeeper(part, levels - 1))
}
