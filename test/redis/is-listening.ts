import { connect } from "node:net"

/** Whether something listens on a port of 127.0.0.1. */
export function isListening(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ port, host: "127.0.0.1" })
    const end = (listens: boolean) => {
      socket.destroy()
      resolve(listens)
    }
    socket.once("connect", () => end(true)).once("error", () => end(false))
  })
}
