import { readFileSync } from "node:fs"
import { fromPackageRoot } from "./package-root.ts"

/** Valence's version. */
export const { version } = JSON.parse(readFileSync(fromPackageRoot("package.json"), "utf8")) as { version: string }
