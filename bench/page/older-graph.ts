/**
 * A note for figures of an older int8 graph.
 *
 * @param measured - the model that was measured: `sst2-small, revision 651c19fdb6af`
 * @param today - the revision of the model in this repository
 * @returns a paragraph, or nothing if the figures are of today's graph
 */
export function olderGraphNote(measured: string, today: string): string {
  const revision = /revision (\w+)/.exec(measured)?.[1]
  if (revision === undefined || revision === today) return ""
  return `
**Figures of an older graph.** The int8 figures of Valence on this page are of revision ${revision} of sst2-small, and have not been measured again with today's graph, ${today}, which computes int8 exactly on
CPUs without VNNI too. Of accuracy, \`npm run bench:accuracy -- --texts dev.tsv\` gives 90.60 % with it, 5 other labels and a mean score difference of 0.0056. The older figures are those of engines, single texts, accuracy, growth, batching, roofline, fairness, start-up, memory and capacity. Figures of peers, of lexicons and of the queue alone do not
depend on the graph.
`
}
