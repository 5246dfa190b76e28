"""MAX over the same checkpoint, float32: a DistilBERT written with its Graph API, on the CPU.

    max_peer.py --compile CHECKPOINT_FOLDER FILE.mef      compiles ahead, which takes a minute and a gigabyte or more

Threads are bound by the cores that the process may use (taskset): num_threads of InferenceSession aborts the process in
26.6 and 26.7. They wait busily, so the bench stops this process while others take their turns.
"""

import json
import pathlib
import re
import sys
from importlib.metadata import version

import numpy as np
from max.dtype import DType
from max.engine import InferenceSession
from max.graph import DeviceRef, Graph, TensorType, ops
from protocol import serve
from safetensors.numpy import load_file
from token_batches import TokenBatches

CPU = DeviceRef.CPU()
EMBEDDINGS = "distilbert.embeddings"
NORM_EPSILON = 1e-12
# Added to the scores of padding.
MASKED = -1e9


def read_weights(checkpoint):
    """The tensors of a checkpoint, float32, by name; query, key and value of a layer are one matrix, `qkv`."""
    stored = {name: value.astype(np.float32) for name, value in load_file(checkpoint / "model.safetensors").items()}
    weights = {name: value for name, value in stored.items() if not re.search(r"\.[qkv]_lin\.", name)}
    for name in stored:
        if ".q_lin." in name:
            weights[name.replace("q_lin", "qkv")] = np.concatenate(
                [stored[name.replace("q_lin", part)] for part in ("q_lin", "k_lin", "v_lin")]
            )
    return {name: np.ascontiguousarray(value) for name, value in weights.items()}


class DistilBert:
    """The layers of DistilBertForSequenceClassification, as nodes of the graph that is being built."""

    def __init__(self, weights, heads):
        self.weights = weights
        self.heads = heads
        self.hidden = weights[f"{EMBEDDINGS}.LayerNorm.bias"].shape[0]
        self.layers = sum(name.endswith("qkv.bias") for name in weights)

    def weight(self, name):
        # External: the same graph with its weights baked in as constants runs three times slower.
        return ops.constant_external(name, TensorType(DType.float32, self.weights[name].shape, device=CPU))

    def linear(self, x, name):
        return x @ ops.transpose(self.weight(f"{name}.weight"), 0, 1) + self.weight(f"{name}.bias")

    def norm(self, x, name):
        return ops.layer_norm(x, self.weight(f"{name}.weight"), self.weight(f"{name}.bias"), NORM_EPSILON)

    def embed(self, ids):
        positions = ops.range(0, ids.shape[1], dtype=DType.int64, device=CPU)
        words = ops.gather(self.weight(f"{EMBEDDINGS}.word_embeddings.weight"), ids, axis=0)
        places = ops.gather(self.weight(f"{EMBEDDINGS}.position_embeddings.weight"), positions, axis=0)
        return self.norm(words + places, f"{EMBEDDINGS}.LayerNorm")

    def attend(self, x, masked, name):
        rows, length = x.shape[0], x.shape[1]
        head_size = self.hidden // self.heads

        def split_heads(part):
            return ops.permute(ops.reshape(part, [rows, length, self.heads, head_size]), [0, 2, 1, 3])

        parts = ops.split(self.linear(x, f"{name}.qkv"), [self.hidden] * 3, axis=2)
        query, key, value = map(split_heads, parts)
        scores = (query @ ops.transpose(key, -1, -2)) * head_size**-0.5 + masked
        context = ops.permute(ops.softmax(scores) @ value, [0, 2, 1, 3])
        return self.linear(ops.reshape(context, [rows, length, self.hidden]), f"{name}.out_lin")

    def classify(self, ids, mask):
        x = self.embed(ids)
        masked = ops.reshape((1.0 - ops.cast(mask, DType.float32)) * MASKED, [ids.shape[0], 1, 1, ids.shape[1]])
        for index in range(self.layers):
            layer = f"distilbert.transformer.layer.{index}"
            x = self.norm(x + self.attend(x, masked, f"{layer}.attention"), f"{layer}.sa_layer_norm")
            inner = ops.gelu(self.linear(x, f"{layer}.ffn.lin1"))
            x = self.norm(x + self.linear(inner, f"{layer}.ffn.lin2"), f"{layer}.output_layer_norm")
        return self.linear(ops.relu(self.linear(x[:, 0], "pre_classifier")), "classifier")


def build_graph(checkpoint, weights):
    """A graph from ids and mask, int64 [rows, length], to logits; rows and length may differ from run to run."""
    config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    if config["model_type"] != "distilbert" or config["activation"] != "gelu":
        raise ValueError(f"{checkpoint} must be a DistilBERT with gelu; it is a {config['model_type']}")
    integers = TensorType(DType.int64, ["rows", "length"], device=CPU)
    with Graph("distilbert", input_types=[integers, integers]) as graph:
        ids, mask = (value.tensor for value in graph.inputs)
        graph.output(DistilBert(weights, config["n_heads"]).classify(ids, mask))
    return graph


def compile_ahead(checkpoint, target):
    """Writes the compiled graph, without weights, to a file."""
    compiled = InferenceSession().compile(build_graph(checkpoint, read_weights(checkpoint)))
    compiled.export_mef(str(target))


def open_engine(request):
    checkpoint, compiled = pathlib.Path(request["checkpoint"]), pathlib.Path(request["export"]) / "max.mef"
    weights, session = read_weights(checkpoint), InferenceSession()
    source = str(compiled) if compiled.exists() else build_graph(checkpoint, weights)
    model = session.init(session.compile(source), weights_registry=weights)
    engine = TokenBatches(request["checkpoint"], lambda ids, mask: model.execute(ids, mask)[0].to_numpy())
    # The weights' arrays have to outlive the model.
    engine.kept = session, weights
    engine.versions = {"max": version("max")}
    return engine


if __name__ == "__main__":
    if sys.argv[1:2] == ["--compile"]:
        compile_ahead(*map(pathlib.Path, sys.argv[2:4]))
    else:
        serve(open_engine)
