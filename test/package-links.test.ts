import { existsSync, readFileSync } from "node:fs"
import { dirname, join, normalize } from "node:path"
import { globSync } from "tinyglobby"
import { describe, expect, it } from "vitest"

/** The files of the package, and their folders, as package.json's `files` chooses them; npm adds the last three itself. */
function packed(): ReadonlySet<string> {
  const { files } = JSON.parse(readFileSync("package.json", "utf8")) as { files: string[] }
  const found = globSync([...files, "package.json", "README.md", "LICENSE"], { onlyFiles: true })
  return new Set(found.flatMap(file => [file, dirname(file), dirname(dirname(file))]))
}

/** Where the relative links and images of a page lead, without what follows a `#`. */
function linksOf(page: string): string[] {
  const text = readFileSync(page, "utf8")
  return [...text.matchAll(/(?:\]\(|(?:src|srcset|href)=")([^)"\s#]+)/g)]
    .map(([, link]) => link ?? "")
    .filter(link => !/^[a-z]+:/.test(link))
    .map(link => normalize(join(dirname(page), link)))
}

describe("the package", () => {
  const files = packed()
  const pages = [...files].filter(file => file.endsWith(".md"))

  it("has the pages that users read", () => {
    expect(pages).toEqual(
      expect.arrayContaining([
        "README.md",
        "CHANGELOG.md",
        "docs/README.md",
        "models/sentiment-small/README.md",
        "models/training.md",
      ]),
    )
  })

  it.each(pages)("%s - links to files of the package alone", page => {
    expect(linksOf(page).filter(link => !(files.has(link) && existsSync(link)))).toEqual([])
  })
})
