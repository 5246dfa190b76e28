/** Loaded into a process before its program: at SIGUSR2 it says what keeps it from ending. */
process.on("SIGUSR2", () => {
  const shown = process._getActiveHandles().map(handle => {
    const { remoteAddress, remotePort, connecting, destroyed, pending } = handle
    const socket =
      remotePort === undefined && connecting === undefined
        ? ""
        : JSON.stringify({ remoteAddress, remotePort, connecting, destroyed, pending })
    return `${handle.constructor?.name} ${socket}`
  })
  process.stderr.write(`hangs on: ${[...process.getActiveResourcesInfo(), ...shown].join("; ")}\n`)
})
