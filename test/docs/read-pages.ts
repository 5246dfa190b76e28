import { readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { globSync } from "tinyglobby"

/** A fenced block of a page. */
export interface Fence {
  readonly page: string
  /** The line of its first row of code. */
  readonly line: number
  /** The heading that it is under. */
  readonly title: string
  readonly language: string
  readonly code: string
  /** The comments directly before it, such as `not run: needs a cluster`. */
  readonly notes: readonly string[]
  /** What it prints: the `text` block directly after it. */
  readonly printed?: string
}

/** A relative link of a page. */
export interface Link {
  /** The file or folder that it leads to, from the repository's root. */
  readonly target: string
  /** What follows its `#`. */
  readonly anchor: string
}

/** The pages that users read. */
export const userPages: readonly string[] = ["README.md", ...globSync("docs/**/*.md").sort()]

/** Every page of the repository but those of tests and of packages. */
export const allPages: readonly string[] = globSync(["*.md", "{bench,docs,examples,lexicons,models}/**/*.md"], {
  ignore: ["**/node_modules/**", "bench/results/**"],
}).sort()

/** The fenced blocks of a page, in order. */
export function readFences(page: string): Fence[] {
  const text = readFileSync(page, "utf8")
  const matches = [...text.matchAll(/^( *)```([^\n`]*)\n([\s\S]*?)^\1```$/gm)]
  return matches.map((match, index): Fence => {
    const [whole, indent = "", language = "", code = ""] = match
    const before = text.slice(0, match.index)
    const next = matches[index + 1]
    const end = match.index + whole.length
    const printed = next?.[2] === "text" && text.slice(end, next.index).trim() === "" ? next[3] : undefined
    return {
      page,
      line: before.split("\n").length + 1,
      title: before.match(/^#+ .*/gm)?.at(-1) ?? "",
      language: language.trim(),
      code: code.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
      notes: [
        ...(before.match(/(?:<!--(?:(?!-->)[\s\S])*-->\s*)+$/)?.[0] ?? "").matchAll(/<!-- *([\s\S]*?) *-->/g),
      ].map(([, note = ""]) => note),
      ...(printed !== undefined && { printed }),
    }
  })
}

/** A page without its fenced blocks. */
const proseOf = (page: string) => readFileSync(page, "utf8").replace(/^( *)```[\s\S]*?^\1```$/gm, "")

/** The relative links and images of a page. */
export function readLinks(page: string): Link[] {
  return [...proseOf(page).matchAll(/(?:\]\(|(?:src|srcset|href)=")([^)"\s]+)/g)]
    .map(([, link = ""]) => link)
    .filter(link => !/^[a-z]+:/.test(link))
    .map(link => {
      const [path = "", anchor = ""] = link.split("#")
      return { target: path === "" ? page : normalize(join(dirname(page), path)).replace(/\/$/, ""), anchor }
    })
}

/** The anchors of a page's headings, as GitHub makes them. */
export function readAnchors(page: string): Set<string> {
  const anchors = new Set<string>()
  for (const [, heading = ""] of proseOf(page).matchAll(/^#+ +(.*)$/gm)) {
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase()
    const slug = plain.replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, "").replaceAll(" ", "-")
    let anchor = slug
    for (let number = 1; anchors.has(anchor); number++) anchor = `${slug}-${number}`
    anchors.add(anchor)
  }
  return anchors
}
