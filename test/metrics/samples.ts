/** The samples of a metric in Prometheus' text format: `name{labels}` to value, `_bucket`, `_sum` and `_count` included. */
export function samplesOf(text: string, name: string): Record<string, number> {
  const samples = text.split("\n").flatMap(line => {
    const [, sample, value] = /^([^#\s{]+(?:\{.*\})?) (\S+)$/.exec(line) ?? []
    const metric = sample?.replace(/\{.*/, "")
    const isOfMetric = metric === name || ["_bucket", "_sum", "_count"].some(end => metric === `${name}${end}`)
    return sample && isOfMetric ? [[sample, Number(value?.replace("+Inf", "Infinity"))] as const] : []
  })
  return Object.fromEntries(samples)
}
