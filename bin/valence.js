#!/usr/bin/env node
import { existsSync } from "node:fs"
import module from "node:module"

// Node 22 and later keep compiled code from one start to the next; Node 20 cannot.
module.enableCompileCache?.()
// Only a clone has this file: there, `npm ci` runs no scripts, so the first command builds.
const buildClone = new URL("../build/clone.js", import.meta.url)
if (existsSync(buildClone)) (await import(buildClone.href)).buildClone()
await import("../dist/cli/main.js")
