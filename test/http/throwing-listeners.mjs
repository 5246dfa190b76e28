/**
 * Loaded into `valence serve` before its program: each listener and timer that Valence's own code sets throws once, after it has done
 * its work. That begins with the first message of the parent: a server that starts may end. `globalThis.thrownIn` has the places that did.
 */
import { EventEmitter } from "node:events"
import { fileURLToPath } from "node:url"

const dist = fileURLToPath(new URL("../../dist/", import.meta.url))
const thrown = new Set()
let isBegun = false
process.once("message", () => {
  isBegun = true
})
globalThis.thrownIn = thrown

/** The line of Valence's code that calls what calls this; `undefined` if a library does. */
function placeOfCaller() {
  const before = Error.stackTraceLimit
  Error.stackTraceLimit = 8
  const lines = new Error().stack.split("\n").slice(4)
  Error.stackTraceLimit = before
  const caller = lines.find(line => !line.includes("(node:") && !line.includes("at node:"))
  const at = caller?.indexOf(dist) ?? -1
  // The one that gets what the others throw.
  return at === -1 || caller.includes("unforeseen.js")
    ? undefined
    : caller.slice(at + dist.length).replace(/:\d+\)?$/, "")
}

function throwsOnce(callback) {
  if (typeof callback !== "function") return callback
  const place = placeOfCaller()
  if (place === undefined || thrown.has(place)) return callback
  return function (...given) {
    const result = callback.apply(this, given)
    if (!isBegun || thrown.has(place)) return result
    thrown.add(place)
    throw new Error(`thrown in the listener of ${place}`)
  }
}

// A listener is taken away by the function that was given.
const originals = new WeakMap()
const emitter = EventEmitter.prototype
for (const name of ["on", "once", "addListener", "prependListener"]) {
  const add = emitter[name]
  emitter[name] = function (event, listener) {
    const throwing = throwsOnce(listener)
    if (throwing !== listener) originals.set(listener, throwing)
    return add.call(this, event, throwing)
  }
}
for (const name of ["off", "removeListener"]) {
  const remove = emitter[name]
  emitter[name] = function (event, listener) {
    remove.call(this, event, listener)
    return originals.has(listener) ? remove.call(this, event, originals.get(listener)) : this
  }
}
for (const name of ["setTimeout", "setInterval", "setImmediate"]) {
  const set = globalThis[name]
  globalThis[name] = Object.assign((callback, ...how) => set(throwsOnce(callback), ...how), set)
}
const { addEventListener } = EventTarget.prototype
EventTarget.prototype.addEventListener = function (event, listener, ...how) {
  // Those that are taken away again are known by the function that was given.
  return addEventListener.call(this, event, how[0]?.once ? throwsOnce(listener) : listener, ...how)
}
