import { once } from "node:events"
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net"

/** An address that leads to a server, as a managed Redis has one: who is connected stays where it is when it leads elsewhere. */
export class ServiceAddress implements AsyncDisposable {
  readonly #listener: Server
  readonly #sockets = new Set<Socket>()
  /** The port of 127.0.0.1 that new connections get to. */
  target: number

  private constructor(listener: Server, target: number) {
    this.#listener = listener
    this.target = target
  }

  static async open(target: number): Promise<ServiceAddress> {
    const listener = createServer()
    const address = new ServiceAddress(listener, target)
    listener.on("connection", client => address.#pass(client, connect(address.target, "127.0.0.1")))
    listener.listen(0, "127.0.0.1")
    await once(listener, "listening")
    return address
  }

  /** `redis://127.0.0.1:port` */
  get url(): string {
    return `redis://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#listener.close()
    await once(this.#listener, "close")
  }

  #pass(client: Socket, server: Socket): void {
    client.pipe(server)
    server.pipe(client)
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.setNoDelay(true)
      socket.on("error", () => {})
      socket.on("close", () => {
        client.destroy()
        server.destroy()
        this.#sockets.delete(socket)
      })
    }
  }
}
