/**
 * A note for figures of another int8 graph than today's.
 *
 * @param measured - the model that was measured: `sst2-small, revision 651c19fdb6af`
 * @param today - the revision of the model in this repository
 * @returns a paragraph, or nothing if the figures are of today's graph
 */
export function olderGraphNote(measured: string, today: string): string {
  const [, model, revision] = /^(\S+), revision (\w+)/.exec(measured) ?? []
  if (revision === undefined || revision === today) return ""
  return `
**Figures of an older model.** The figures of Valence on this page are of revision ${revision} of ${model}, which was bundled before sentiment-small (revision ${today}). Both have the same geometry, so speed and memory are
alike; accuracy is not. Figures of peers, of lexicons and of the queue alone do not depend on the model.
`
}
