import { once } from "node:events"
import { createServer } from "node:net"

// Below the ports that Linux (32768..) and macOS (49152..) give to outgoing connections: where a server of these has been
// killed, a client that tries to connect again may get its own port as the other end, and then the server's is taken.
const firstPort = 20_000
const lastPort = 29_999

/** A port of 127.0.0.1 on which nothing listens, 20000 to 29999. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = firstPort + Math.floor(Math.random() * (lastPort - firstPort + 1))
    if (await isFree(port)) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, "127.0.0.1")
    await once(server, "listening")
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
