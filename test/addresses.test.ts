import { describe, expect, it } from "vitest"
import { addressKind, isPublicAddress } from "../src/addresses.ts"

describe("isPublicAddress", () => {
  it.each(["8.8.8.8", "93.184.216.34", "168.63.129.17", "2606:4700:4700::1111", "2a00:1450:4001:830::200e"])(
    "%s - is public",
    address => {
      expect(isPublicAddress(address)).toBe(true)
    },
  )

  it.each([
    ["0.0.0.0", "unspecified"],
    ["10.1.2.3", "private"],
    ["172.16.0.1", "private"],
    ["192.168.1.1", "private"],
    ["127.0.0.1", "loopback"],
    ["100.64.0.1", "carrierGradeNat"],
    ["100.100.100.200", "carrierGradeNat"],
    ["169.254.169.254", "linkLocal"],
    ["168.63.129.16", "cloud"],
    ["192.0.0.192", "reserved"],
    ["192.0.2.1", "reserved"],
    ["198.51.100.1", "reserved"],
    ["203.0.113.1", "reserved"],
    ["224.0.0.1", "multicast"],
    ["240.0.0.1", "reserved"],
    ["255.255.255.255", "broadcast"],
    ["::", "unspecified"],
    ["::1", "loopback"],
    ["::127.0.0.1", "ipv4Mapped"],
    ["::8.8.8.8", "ipv4Mapped"],
    ["::ffff:127.0.0.1", "ipv4Mapped"],
    ["::ffff:8.8.8.8", "ipv4Mapped"],
    ["::ffff:0:127.0.0.1", "rfc6145"],
    ["64:ff9b::7f00:1", "rfc6052"],
    ["64:ff9b::8.8.8.8", "rfc6052"],
    ["fe80::1", "linkLocal"],
    ["fec0::1", "deprecatedSiteLocal"],
    ["fc00::1", "uniqueLocal"],
    ["fd00:ec2::254", "uniqueLocal"],
    ["fd20:ce::254", "uniqueLocal"],
    ["2002:7f00:1::1", "6to4"],
    ["2001:0:7f00:1::", "teredo"],
    ["2001:db8::1", "reserved"],
    ["3fff::1", "reserved"],
    ["5f00::1", "segmentRouting"],
    ["2606:4700::5efe:7f00:1", "isatap"],
    ["2606:4700::200:5efe:7f00:1", "isatap"],
    ["ff02::1", "multicast"],
    ["nowhere", "invalid"],
  ])("%s - is %s", (address, kind) => {
    expect(isPublicAddress(address)).toBe(false)
    expect(addressKind(address)).toBe(kind)
  })

  it.each(["64:ff9b:1::7f00:1", "100::1", "192.88.99.1", "198.18.0.1", "2001:10::1"])("%s - is not public", address => {
    expect(isPublicAddress(address)).toBe(false)
  })
})
