import { ValenceError } from "../../errors.ts"
import { largestFloat16, toFloat16 } from "./float-types.ts"
import {
  type AttributeMessage,
  attributeType,
  elementType,
  encodeModel,
  type NodeMessage,
  type TensorMessage,
  type ValueInfoMessage,
} from "./onnx-schema.ts"

/** The name of a tensor in a graph: an input, a constant or what a node gives. */
export type Value = string

/** An attribute: a whole number, a list of them, or a float. */
export type Attribute = number | readonly number[] | { readonly float: number }

/** What a constant may hold; Uint16Array are halves, as bits, and int64 is what ONNX wants for shapes and axes. */
export type ConstantData =
  | Float64Array
  | Float32Array
  | Uint16Array
  | Uint8Array
  | Int8Array
  | Int32Array
  | BigInt64Array

/** What a graph computes in. */
export type Floats = "float64" | "float32" | "float16"

/** Who made a graph, and from what. */
export interface GraphRecord {
  readonly name: string
  readonly producerVersion: string
}

const IR_VERSION = 8
/** LayerNormalization came with 17; many devices' operators go no further than some of the next ones. */
const OPSET = 17
/** ONNX Runtime's own operators: fused and quantised ones that the standard lacks. */
const MICROSOFT = "com.microsoft"

/**
 * Collects the nodes and constants of a graph in the order in which they are added, which is the order of the file.
 * A node and the one value that it gives share a name.
 */
export class GraphBuilder {
  readonly #nodes: NodeMessage[] = []
  readonly #constants = new Map<string, TensorMessage>()
  readonly #inputs: ValueInfoMessage[] = []
  readonly #outputs: ValueInfoMessage[] = []
  /** float32 constants are converted to this type. */
  readonly floats: Floats
  readonly #opset: number

  /** @param opset - version of the ONNX standard that nodes are of */
  constructor(floats: Floats = "float32", opset = OPSET) {
    this.floats = floats
    this.#opset = opset
  }

  /** Declares an input; a dimension that is a word is free. */
  input(name: string, type: keyof typeof elementType, dims: readonly (number | string)[]): Value {
    this.#inputs.push(valueInfo(name, type, dims))
    return name
  }

  /** Declares that a value is an output. */
  output(name: Value, type: keyof typeof elementType, dims: readonly (number | string)[]): void {
    this.#outputs.push(valueInfo(name, type, dims))
  }

  /**
   * Adds a node of the ONNX standard.
   *
   * @param inputs - values in the operator's order; "" leaves an optional one out
   */
  node(name: string, operator: string, inputs: readonly Value[], attributes: Record<string, Attribute> = {}): Value {
    return this.#add(name, operator, "", inputs, attributes)
  }

  /** Adds a node of ONNX Runtime's own domain, `com.microsoft`. */
  runtimeNode(
    name: string,
    operator: string,
    inputs: readonly Value[],
    attributes: Record<string, Attribute> = {},
  ): Value {
    return this.#add(name, operator, MICROSOFT, inputs, attributes)
  }

  /**
   * Adds a constant, once: a name that is there already keeps its first value.
   *
   * @throws ValenceError `graph_inaccurate` if a float16 graph cannot hold one of its values
   */
  constant(name: string, values: ConstantData, dims: readonly number[] = [values.length]): Value {
    if (!this.#constants.has(name)) {
      const data = values instanceof Float32Array ? this.#converted(name, values) : values
      const rawData = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      this.#constants.set(name, { name, dims, dataType: elementTypeOf(data), rawData })
    }
    return name
  }

  /** A float constant without dimensions, named for its value. */
  scalar(value: number): Value {
    return this.constant(`float.${value}`, Float32Array.of(value), [])
  }

  /** An int64 list, as shapes, axes and slices are given, named for its values. */
  indices(...values: readonly number[]): Value {
    return this.constant(`indices.${values.join(".")}`, BigInt64Array.from(values, BigInt))
  }

  /** The graph in ONNX's wire format. */
  encode(record: GraphRecord): Uint8Array {
    return encodeModel({
      irVersion: IR_VERSION,
      opsetImport: [
        { domain: "", version: this.#opset },
        { domain: MICROSOFT, version: 1 },
      ],
      producerName: "valence",
      producerVersion: record.producerVersion,
      graph: {
        name: record.name,
        node: this.#nodes,
        initializer: [...this.#constants.values()],
        input: this.#inputs,
        output: this.#outputs,
      },
    })
  }

  #converted(name: string, values: Float32Array): Float64Array | Float32Array | Uint16Array {
    if (this.floats === "float64") return Float64Array.from(values)
    return this.floats === "float16" ? halves(name, values) : values
  }

  #add(name: string, opType: string, domain: string, input: readonly Value[], attributes: Record<string, Attribute>) {
    const attribute = Object.entries(attributes).map(([key, value]) => attributeMessage(key, value))
    this.#nodes.push({ name, opType, domain, input, output: [name], attribute })
    return name
  }
}

function attributeMessage(name: string, value: Attribute): AttributeMessage {
  if (typeof value === "number") return { name, type: attributeType.int, i: value }
  if ("float" in value) return { name, type: attributeType.float, f: value.float }
  return { name, type: attributeType.ints, ints: value }
}

function halves(name: string, values: Float32Array): Uint16Array {
  for (const value of values)
    if (!(Math.abs(value) <= largestFloat16))
      throw new ValenceError(
        "graph_inaccurate",
        `fp16 must hold every weight, ${largestFloat16} at most; ${name} has ${value}`,
      )
  return toFloat16(values)
}

function elementTypeOf(data: ConstantData): number {
  if (data instanceof Float64Array) return elementType.float64
  if (data instanceof Float32Array) return elementType.float32
  if (data instanceof Uint16Array) return elementType.float16
  if (data instanceof Uint8Array) return elementType.uint8
  if (data instanceof Int8Array) return elementType.int8
  if (data instanceof Int32Array) return elementType.int32
  return elementType.int64
}

function valueInfo(name: string, type: keyof typeof elementType, dims: readonly (number | string)[]): ValueInfoMessage {
  const dim = dims.map(size => (typeof size === "number" ? { dimValue: size } : { dimParam: size }))
  return { name, type: { tensorType: { elemType: elementType[type], shape: { dim } } } }
}
