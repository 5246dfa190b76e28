"""JAX over the same checkpoint, float32: a DistilBERT in jax.numpy, which XLA compiles for each shape that it meets."""

import json
import pathlib
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from protocol import serve
from safetensors.numpy import load_file
from token_batches import TokenBatches

# Lengths are padded up to one of these steps: each shape is compiled by itself, which takes a second.
LENGTH_STEP = 8
NORM_EPSILON = 1e-12
# Added to the scores of padding.
MASKED = -1e9


def linear(weights, name, x):
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def norm(weights, name, x):
    mean = x.mean(-1, keepdims=True)
    variance = jnp.square(x - mean).mean(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + NORM_EPSILON) * weights[f"{name}.weight"] + weights[f"{name}.bias"]


def attend(weights, name, x, masked, heads):
    rows, length, hidden = x.shape

    def heads_of(part):
        return linear(weights, f"{name}.{part}", x).reshape(rows, length, heads, hidden // heads)

    scores = jnp.einsum("rqhc,rkhc->rhqk", heads_of("q_lin"), heads_of("k_lin")) * (hidden // heads) ** -0.5 + masked
    context = jnp.einsum("rhqk,rkhc->rqhc", jax.nn.softmax(scores), heads_of("v_lin"))
    return linear(weights, f"{name}.out_lin", context.reshape(rows, length, hidden))


@partial(jax.jit, static_argnames=("heads", "layers"))
def classify(weights, ids, mask, heads, layers):
    """Logits, float32 [rows, labels], of ids and mask, int32 [rows, length]."""
    embeddings = "distilbert.embeddings"
    words = weights[f"{embeddings}.word_embeddings.weight"][ids]
    places = weights[f"{embeddings}.position_embeddings.weight"][: ids.shape[1]]
    x = norm(weights, f"{embeddings}.LayerNorm", words + places)
    masked = (1 - mask[:, None, None, :].astype(jnp.float32)) * MASKED
    for index in range(layers):
        layer = f"distilbert.transformer.layer.{index}"
        x = norm(weights, f"{layer}.sa_layer_norm", x + attend(weights, f"{layer}.attention", x, masked, heads))
        inner = jax.nn.gelu(linear(weights, f"{layer}.ffn.lin1", x), approximate=False)
        x = norm(weights, f"{layer}.output_layer_norm", x + linear(weights, f"{layer}.ffn.lin2", inner))
    return linear(weights, "classifier", jax.nn.relu(linear(weights, "pre_classifier", x[:, 0])))


def open_engine(request):
    checkpoint = pathlib.Path(request["checkpoint"])
    config = json.loads((checkpoint / "config.json").read_text(encoding="utf-8"))
    if config["model_type"] != "distilbert" or config["activation"] != "gelu":
        raise ValueError(f"{checkpoint} must be a DistilBERT with gelu; it is a {config['model_type']}")
    weights = {
        name: jnp.asarray(value, jnp.float32) for name, value in load_file(checkpoint / "model.safetensors").items()
    }

    def run(ids, mask):
        more = ((0, 0), (0, -ids.shape[1] % LENGTH_STEP))
        padded = [np.pad(each, more).astype(np.int32) for each in (ids, mask)]
        return np.asarray(classify(weights, *padded, heads=config["n_heads"], layers=config["n_layers"]))

    engine = TokenBatches(request["checkpoint"], run)
    engine.versions = {"jax": jax.__version__}
    return engine


if __name__ == "__main__":
    serve(open_engine)
