import type { BatchLimits } from "../plan/batch-limits.ts"
import type { DeviceShapes } from "../plan/device-shapes.ts"
import type { Device, StartDevice } from "./device.ts"

/** A device as the pool keeps it: this many children, which are alike. */
export interface PooledDevice {
  /** As it was asked for. */
  readonly name: string
  readonly children: number
  /** Starts a child. */
  readonly start: StartDevice
  /** Starts one with several threads, if that is of use. */
  readonly startWide?: StartDevice | undefined
  readonly limits: BatchLimits
  /** The shapes that micro-batches are padded to; `undefined` if any will do. */
  readonly shapes?: DeviceShapes | undefined
}

/**
 * A child of one of the devices. It serves while `device` is there; when that dies the slot waits for its back-off and starts
 * another, until it serves again or has failed too often and leaves the pool.
 */
export interface Slot {
  /** What it is a child of. */
  readonly of: PooledDevice
  /** Whether the child has several threads. */
  readonly wide: boolean
  device: Device | undefined
  running: number
  /** How many of these are urgent. */
  urgent: number
  /** In a row. */
  failures: number
}

/** A slot whose device is there. */
export type ServingSlot = Slot & { device: Device }
