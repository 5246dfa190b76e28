import type { lookup } from "node:dns"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { isPublicAddress } from "../../src/addresses.ts"
import { sendWebhook } from "../../src/http/jobs/send-webhook.ts"

describe("isPublicAddress", () => {
  it.each(["8.8.8.8", "2606:4700::1111"])("%s - is", address => {
    expect(isPublicAddress(address)).toBe(true)
  })

  it.each([
    ...["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "0.1.2.3"],
    ...["224.0.0.1", "255.255.255.255", "198.18.0.1", "::1", "::", "fe80::1", "fd00:ec2::254", "::ffff:127.0.0.1"],
    ...["::127.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "2001:0:1::", "fec0::1", "ff02::1", "fe80::1%eth0", "x"],
  ])("%s - is not", address => {
    expect(isPublicAddress(address)).toBe(false)
  })
})

/** A resolver that gives one answer after the other. */
function resolver(...answers: string[][]): typeof lookup {
  let call = 0
  return ((_: string, __: object, done: (error: null, addresses: object[]) => void) => {
    const addresses = answers[Math.min(call++, answers.length - 1)] ?? []
    done(
      null,
      addresses.map(address => ({ address, family: address.includes(":") ? 6 : 4 })),
    )
  }) as unknown as typeof lookup
}

describe("sendWebhook", () => {
  let heard = 0
  let mode: "answer" | "hang" | "flood" = "answer"
  const receiver = createServer((_, response) => {
    heard++
    if (mode === "answer") response.end("x".repeat(100))
    if (mode === "flood") {
      response.writeHead(200)
      const more = () => {
        while (!response.destroyed && response.write("x".repeat(65_536)));
      }
      response.on("drain", more)
      more()
    }
  })
  let port = 0
  beforeAll(async () => {
    await new Promise<void>(resolve => receiver.listen(0, "127.0.0.1", resolve))
    port = (receiver.address() as AddressInfo).port
  })
  afterAll(() => {
    receiver.closeAllConnections()
    receiver.close()
  })
  beforeEach(() => {
    heard = 0
    mode = "answer"
  })
  const send = (host: string, lookup?: typeof import("node:dns").lookup, allowPrivate = false, timeoutMs = 60_000) =>
    sendWebhook(new URL(`http://${host}:${port}/`), "{}", {}, { allowPrivate, timeoutMs, lookup })

  it.each(["127.0.0.1", "0x7f.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "localhost"])(
    "http://%s - is not sent",
    async host => {
      await expect(send(host)).rejects.toThrow("webhook must lead to public addresses")
      expect(heard).toBe(0)
    },
  )

  it("a name with a private address among public ones - is not sent", async () => {
    await expect(send("a.example", resolver(["8.8.8.8", "127.0.0.1"]))).rejects.toThrow("a.example is 127.0.0.1")
  })

  it("a name that leads elsewhere when it is looked up again - goes where it was checked, or nowhere", async () => {
    // 203.0.114.0 is public, and nobody answers there within the time.
    await expect(send("a.example", resolver(["203.0.114.1"], ["127.0.0.1"]), false, 300)).rejects.toThrow()
    expect(heard).toBe(0)
  })

  it("allowPrivate - is sent", async () => {
    await send("a.example", resolver(["127.0.0.1"]), true)
    expect(heard).toBe(1)
  })

  it("a receiver that does not answer - is given up; one that answers without end is not listened to", async () => {
    mode = "hang"
    await expect(send("127.0.0.1", undefined, true, 100)).rejects.toThrow("aborted")
    mode = "flood"
    await send("127.0.0.1", undefined, true)
  })
})
