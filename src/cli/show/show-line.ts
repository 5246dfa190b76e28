/** Foreign text, on one line of a terminal: control characters become spaces, and a long text is cut. */
export function showLine(text: string, most = 80): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what a terminal must not get
  const line = text.toWellFormed().replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ")
  return line.length > most ? `${line.slice(0, most - 1).toWellFormed()}…` : line
}
