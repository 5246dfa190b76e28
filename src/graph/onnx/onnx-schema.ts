import protobuf from "protobufjs/light.js"

/*
 * The ONNX messages that a graph needs. Names, types and field numbers are those of onnx.proto; fields that Valence
 * does not write are left out.
 */
const field = (type: string, id: number) => ({ type, id })
const list = (type: string, id: number) => ({ rule: "repeated", type, id })

const schema = protobuf.Root.fromJSON({
  nested: {
    Model: {
      fields: {
        irVersion: field("int64", 1),
        opsetImport: list("OperatorSet", 8),
        producerName: field("string", 2),
        producerVersion: field("string", 3),
        graph: field("Graph", 7),
      },
    },
    OperatorSet: { fields: { domain: field("string", 1), version: field("int64", 2) } },
    Graph: {
      fields: {
        node: list("Node", 1),
        name: field("string", 2),
        initializer: list("Tensor", 5),
        input: list("ValueInfo", 11),
        output: list("ValueInfo", 12),
      },
    },
    Node: {
      fields: {
        input: list("string", 1),
        output: list("string", 2),
        name: field("string", 3),
        opType: field("string", 4),
        attribute: list("Attribute", 5),
        domain: field("string", 7),
      },
    },
    Attribute: {
      fields: {
        name: field("string", 1),
        f: field("float", 2),
        i: field("int64", 3),
        ints: list("int64", 8),
        type: field("int32", 20),
      },
    },
    Tensor: {
      fields: {
        dims: list("int64", 1),
        dataType: field("int32", 2),
        name: field("string", 8),
        rawData: field("bytes", 9),
      },
    },
    ValueInfo: { fields: { name: field("string", 1), type: field("Type", 2) } },
    Type: { fields: { tensorType: field("TensorType", 1) } },
    TensorType: { fields: { elemType: field("int32", 1), shape: field("Shape", 2) } },
    Shape: { fields: { dim: list("Dimension", 1) } },
    Dimension: { fields: { dimValue: field("int64", 1), dimParam: field("string", 2) } },
  },
})

const model = schema.lookupType("Model")

/** The element types that Valence's graphs use, by ONNX's numbers (TensorProto.DataType). */
export const elementType = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, float16: 10, float64: 11 } as const

/** The kinds of attribute that Valence's graphs use, by ONNX's numbers (AttributeProto.AttributeType). */
export const attributeType = { float: 1, int: 2, ints: 7 } as const

export interface AttributeMessage {
  readonly name: string
  readonly type: number
  readonly f?: number
  readonly i?: number
  readonly ints?: readonly number[]
}

export interface NodeMessage {
  readonly name: string
  readonly opType: string
  readonly domain: string
  readonly input: readonly string[]
  readonly output: readonly string[]
  readonly attribute: readonly AttributeMessage[]
}

export interface TensorMessage {
  readonly name: string
  readonly dims: readonly number[]
  readonly dataType: number
  readonly rawData: Uint8Array
}

export interface ValueInfoMessage {
  readonly name: string
  readonly type: {
    readonly tensorType: {
      readonly elemType: number
      readonly shape: { readonly dim: readonly ({ dimValue: number } | { dimParam: string })[] }
    }
  }
}

export interface ModelMessage {
  readonly irVersion: number
  readonly opsetImport: readonly { readonly domain: string; readonly version: number }[]
  readonly producerName: string
  readonly producerVersion: string
  readonly graph: {
    readonly name: string
    readonly node: readonly NodeMessage[]
    readonly initializer: readonly TensorMessage[]
    readonly input: readonly ValueInfoMessage[]
    readonly output: readonly ValueInfoMessage[]
  }
}

/** A model in ONNX's wire format: the same bytes for the same message. */
export function encodeModel(message: ModelMessage): Uint8Array {
  return model.encode(message).finish()
}
