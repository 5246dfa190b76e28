import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net"

/** A connection that passes through. */
interface Passing {
  readonly client: Socket
  readonly server: Socket
}

/** A way to a server that can be cut: what was asked is done, and its answer is lost. */
export class FlakyLink implements AsyncDisposable {
  readonly #listener: Server
  readonly #passing = new Set<Passing>()

  private constructor(listener: Server) {
    this.#listener = listener
  }

  /** Listens on a free port of 127.0.0.1, and passes on to another port. */
  static async open(port: number): Promise<FlakyLink> {
    const listener = createServer()
    const link = new FlakyLink(listener)
    listener.on("connection", client => link.#pass({ client, server: connect(port, "127.0.0.1") }))
    listener.listen(0, "127.0.0.1")
    await once(listener, "listening")
    return link
  }

  /** `redis://127.0.0.1:port` */
  get url(): string {
    return `redis://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`
  }

  /**
   * Loses all answers from now on, and cuts the connections that there are after so long.
   *
   * @param answerBytes - of each connection's answers so many come through before
   */
  async cut(afterMs: number, answerBytes = 0): Promise<void> {
    const cut = [...this.#passing]
    for (const { client, server } of cut) loseAnswers(client, server, answerBytes)
    await new Promise(resolve => setTimeout(resolve, afterMs))
    for (const passing of cut) this.#end(passing)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const passing of this.#passing) this.#end(passing)
    this.#listener.close()
    await once(this.#listener, "close")
  }

  #pass(passing: Passing): void {
    const { client, server } = passing
    this.#passing.add(passing)
    client.pipe(server)
    server.pipe(client)
    for (const socket of [client, server]) {
      socket.setNoDelay(true)
      socket.on("error", () => {})
      socket.on("close", () => this.#end(passing))
    }
  }

  #end(passing: Passing): void {
    passing.client.destroy()
    passing.server.destroy()
    this.#passing.delete(passing)
  }
}

function loseAnswers(client: Socket, server: Socket, answerBytes: number): void {
  let left = answerBytes
  server.unpipe(client)
  server.on("data", (data: Buffer) => {
    const part = data.subarray(0, left)
    left -= part.length
    if (part.length > 0) client.write(part)
  })
  server.resume()
}
