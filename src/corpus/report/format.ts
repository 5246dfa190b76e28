const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 })
const shortened = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 4 })
const oneDecimal = new Intl.NumberFormat("en", { maximumFractionDigits: 1 })
const share = new Intl.NumberFormat("en", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 })
const twoDecimals = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })
const score = new Intl.NumberFormat("en", {
  minimumFractionDigits: 4,
  maximumFractionDigits: 4,
  signDisplay: "negative",
})

/** `1234567` → `1,234,567`. */
export const formatCount = (count: number) => grouped.format(count).replace("-", "\u2212")

/** As `formatCount` up to ten million, and `123.4M` beyond: for places without room for twelve digits. */
export const formatShort = (count: number) => (count < 1e7 ? grouped : shortened).format(count)

/** `23.4`. */
export const formatMean = (mean: number) => oneDecimal.format(mean)

/** Texts a second: `1,234`; below 10 with a decimal, `0.4`. */
export const formatSpeed = (speed: number) => (speed < 10 ? oneDecimal : grouped).format(speed)

/** `0.1234`, and `−1.5000` with a minus sign that is as wide as a digit. */
export const formatScore = (of: number) => score.format(of).replace("-", "\u2212")

/** The end of a bar, `0.95`. */
export const formatEdge = (edge: number) => twoDecimals.format(edge).replace("-", "\u2212")

/**
 * A share in per cent. Only nothing is 0 % and only everything is 100 %: `0.0001` → `<0.1%`, `0.9999` → `>99.9%`.
 */
export function formatShare(of: number): string {
  if (of > 0 && of < 0.0005) return "<0.1%"
  if (of < 1 && of >= 0.9995) return ">99.9%"
  return of === 0 || of === 1 ? `${of * 100}%` : share.format(of)
}

/** `950 ms`, `12.3 s`, `4 min 5 s`, `7 h 41 min`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${grouped.format(ms)} ms`
  if (ms < 59_950) return `${oneDecimal.format(ms / 1000)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  const minutes = Math.round(seconds / 60)
  return `${grouped.format(Math.floor(minutes / 60))} h ${minutes % 60} min`
}
