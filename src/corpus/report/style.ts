import { createHash } from "node:crypto"
import { labelPalette } from "../../label-colours.ts"

const labelColours = (shade: "light" | "dark") =>
  Object.entries(labelPalette)
    .map(([name, colour]) => `--${name}: ${colour[shade]};`)
    .join(" ")

const light = `
  color-scheme: light;
  --ground: #f4f5f7; --paper: #ffffff; --ink: #17202b; --muted: #566273; --line: #dfe3e9; --track: #eceff3;
  --alert: #b3261e; --alert-ground: #fdeceb; --plain: #5f7186;
  ${labelColours("light")}`
const dark = `
  color-scheme: dark;
  --ground: #0f141a; --paper: #171e26; --ink: #e8ecf1; --muted: #a0acba; --line: #2a333e; --track: #242d37;
  --alert: #ff9d94; --alert-ground: #3a1d1b; --plain: #7f93a9;
  ${labelColours("dark")}`

/** The style sheet of a report. */
export const reportStyle = `
:root {${light}
}
@media (prefers-color-scheme: dark) { :root {${dark}
} }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
main, footer { max-width: 1120px; margin: 0 auto; padding: 0 32px; }
header { padding: 56px 0 32px; }
.over { margin: 0 0 8px; color: var(--muted); font-size: 14px; font-weight: 600; letter-spacing: .02em; }
h1 { margin: 0; font-size: 36px; line-height: 1.15; letter-spacing: -.02em; font-weight: 700; overflow-wrap: anywhere; }
.lead { margin: 12px 0 0; color: var(--muted); font-size: 18px; overflow-wrap: anywhere; }
.lead strong { color: var(--ink); font-weight: 600; }
h2 { margin: 0; font-size: 18px; line-height: 1.3; letter-spacing: -.005em; font-weight: 650; }
.about { margin: 4px 0 20px; color: var(--muted); font-size: 14px; }
.about.last { margin-bottom: 0; }
.notice {
  margin: 0 0 24px; padding: 14px 20px; border-radius: 10px; background: var(--alert-ground); color: var(--alert);
  font-weight: 600; overflow-wrap: anywhere;
}
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 14px; padding: 28px; min-width: 0; }
.tiles { display: grid; grid-template-columns: repeat(6, 1fr); margin: 0 0 24px; padding: 0; }
.tiles > div { padding: 22px 12px 22px 24px; border-left: 1px solid var(--line); }
.tiles > div:first-child { border-left: 0; }
.tiles dt { color: var(--muted); font-size: 14px; }
.tiles dd { margin: 0; font-size: 26px; line-height: 1.3; font-weight: 650; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.tiles dd.note { color: var(--muted); font-size: 13px; font-weight: 400; letter-spacing: 0; }
.tiles .bad dd { color: var(--alert); }
.plots { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 24px; }
.plots .card { display: flex; flex-direction: column; }
.plots details { margin-top: auto; padding-top: 16px; }
figure { margin: 0; }
.plot { display: block; width: 100%; height: auto; overflow: visible; color: var(--muted); font: 12.5px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
.plot.narrow { display: none; }
.plot text, .plot tspan { white-space: pre; }
.shares .plot { font-size: 14.5px; color: var(--ink); }
.in-words { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 10px; margin: 12px 0 8px; color: var(--muted); }
.in-words strong { color: var(--ink); font-size: 44px; line-height: 1.2; font-weight: 650; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0 0 12px; padding: 0; list-style: none; font-size: 14px; }
.legend li { display: flex; align-items: baseline; gap: 7px; min-width: 0; overflow-wrap: anywhere; }
.swatch { flex: none; width: 11px; height: 11px; border-radius: 3px; background: var(--rest); }
.tag { display: inline-flex; align-items: baseline; gap: 7px; overflow-wrap: break-word; max-width: 220px; }
.tag bdi { min-width: 0; }
${Object.keys(labelPalette)
  .map(name => `.${name} { background: var(--${name}); }`)
  .join(" ")}
details { margin-top: auto; padding-top: 16px; }
figure { margin: 0; }
.plot { display: block; width: 100%; height: auto; overflow: visible; color: var(--muted); font: 12.5px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
.plot.narrow { display: none; }
.plot text, .plot tspan { white-space: pre; }
.shares .plot { font-size: 14.5px; color: var(--ink); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0 0 12px; padding: 0; list-style: none; font-size: 14px; }
.legend li { display: flex; align-items: baseline; gap: 7px; min-width: 0; overflow-wrap: anywhere; }
.swatch { flex: none; width: 11px; height: 11px; border-radius: 3px; background: var(--rest); }
.tag { display: inline-flex; align-items: baseline; gap: 7px; overflow-wrap: break-word; max-width: 220px; }
.tag bdi { min-width: 0; }
.blue { background: var(--blue); } .vermilion { background: var(--vermilion); } .green { background: var(--green); }
.purple { background: var(--purple); } .gold { background: var(--gold); } .indigo { background: var(--indigo); }
.wine { background: var(--wine); } .slate { background: var(--slate); } .rest { background: var(--rest); }
details { margin-top: 16px; font-size: 14px; }
summary { color: var(--muted); cursor: pointer; width: fit-content; border-radius: 4px; }
summary:hover { color: var(--ink); }
summary:focus-visible, .scroll:focus-visible { outline: 2px solid var(--blue); outline-offset: 3px; }
.scroll { overflow: auto; max-height: 440px; }
table { width: 100%; border-collapse: collapse; font-size: 14px; font-variant-numeric: tabular-nums; }
details table { margin-top: 10px; }
th, td { padding: 9px 12px; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--muted); font-weight: 600; white-space: nowrap; }
tbody th { font-weight: 400; }
tbody tr:last-child > * { border-bottom: 0; }
.number { text-align: right; white-space: nowrap; }
.wide-card { margin-top: 24px; }
.unsure td.text { font-size: 15px; line-height: 1.5; overflow-wrap: anywhere; white-space: pre-line; }
.unsure tbody th { color: var(--muted); }
.facts { display: grid; grid-template-columns: minmax(120px, max-content) 1fr; gap: 10px 32px; margin: 0; font-size: 15px; }
.facts dt { color: var(--muted); }
.facts dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
code { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
footer { padding-top: 32px; padding-bottom: 56px; color: var(--muted); font-size: 14px; }
@media (max-width: 1000px) {
  .tiles { grid-template-columns: repeat(3, 1fr); }
  .tiles > div:nth-child(3n + 1) { border-left: 0; }
  .tiles > div:nth-child(n + 4) { border-top: 1px solid var(--line); }
}
@media (max-width: 860px) { .plots { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 520px) {
  main, footer { padding-left: 16px; padding-right: 16px; }
  header { padding: 32px 0 24px; }
  h1 { font-size: 28px; }
  .lead { font-size: 16px; }
  .card { padding: 22px 20px; border-radius: 12px; }
  .plots { gap: 16px; }
  .wide-card { margin-top: 16px; }
  .tiles { grid-template-columns: repeat(2, 1fr); margin-bottom: 16px; padding: 0; }
  .tiles > div { padding: 16px 12px 16px 20px; }
  .tiles > div:nth-child(n) { border-left: 1px solid var(--line); border-top: 1px solid var(--line); }
  .tiles > div:nth-child(odd) { border-left: 0; }
  .tiles > div:nth-child(-n + 2) { border-top: 0; }
  .tiles dd { font-size: 22px; }
  .plot.wide { display: none; }
  .plot.narrow { display: block; }
  .facts { grid-template-columns: 1fr; gap: 0; }
  .facts dd { margin-bottom: 12px; }
  .unsure thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .unsure tbody tr { display: grid; grid-template-columns: auto 1fr auto; gap: 4px 12px; padding: 14px 0; border-bottom: 1px solid var(--line); }
  .unsure tbody tr:last-child { border-bottom: 0; }
  .unsure tbody tr > * { padding: 0; border: 0; }
  .unsure td.text { grid-column: 1 / -1; grid-row: 2; }
}
@media print {
  :root {${light}
    --ground: #ffffff;
  }
  @page { margin: 14mm; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  body { font-size: 12px; }
  main, footer { max-width: none; padding: 0; }
  header { padding: 0 0 16px; }
  h1 { font-size: 26px; }
  .tiles { grid-template-columns: repeat(6, 1fr); }
  .tiles > div:nth-child(n) { padding: 12px 6px 12px 14px; border-top: 0; border-left: 1px solid var(--line); }
  .tiles > div:first-child { border-left: 0; }
  .tiles dd { font-size: 18px; }
  .plots { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 14px; }
  .plot.wide { display: block; }
  .plot.narrow { display: none; }
  .card { padding: 16px; break-inside: avoid; }
  .unsure.card { break-inside: auto; }
  tr, h2 { break-inside: avoid; break-after: auto; }
  h2 { break-after: avoid; }
  .plot { font-size: 16px; }
  .shares .plot { font-size: 17px; }
  details { display: none; }
  .scroll { max-height: none; }
}
`

/** The policy of the page: a browser may use this one style sheet, and load or run nothing else. */
export const reportPolicy = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(reportStyle).digest("base64")}'; base-uri 'none'; form-action 'none'`
