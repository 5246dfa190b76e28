/** `1234567` → `1,234,567`. */
export function showCount(count: number): string {
  return Math.round(count).toLocaleString("en")
}

/** `1 row`, `1,234,567 rows`. */
export function showRows(rows: number): string {
  return `${showCount(rows)} ${rows === 1 ? "row" : "rows"}`
}

/** `0.1234` → `12.3 %`. */
export function showShare(share: number): string {
  return `${(share * 100).toFixed(1)} %`
}

/** `95_000` → `1 min 35 s`; in the largest unit and the next. */
export function showDuration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

/** `268_000_000` → `268.0 MB`. */
export function showBytes(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
}
