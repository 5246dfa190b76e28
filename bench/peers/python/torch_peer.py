"""DistilBERT in plain PyTorch, on a GPU or on the CPU, for a caller who sorts texts by length and pads each batch: eager or compiled.

Its attention is PyTorch's fused one. It needs torch, numpy and tokenizers, and no transformers. A batch is cut by a budget of
tokens, padding counted, as Valence's are; results stay on the device until all batches were given to it.
"""

import json
import pathlib

import numpy as np
import torch
from protocol import serve
from token_batches import TokenBatches
from torch import nn
from torch.nn import functional

DTYPES = {"fp32": torch.float32, "fp16": torch.float16}
STORED = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def read_weights(file):
    """The tensors of a safetensors file, by name."""
    content = bytearray(pathlib.Path(file).read_bytes())
    start = 8 + int.from_bytes(content[:8], "little")
    weights = {}
    for name, tensor in json.loads(content[8:start]).items():
        if name == "__metadata__":
            continue
        begin, end = tensor["data_offsets"]
        values = torch.frombuffer(content, dtype=torch.uint8, offset=start + begin, count=end - begin)
        weights[name] = values.clone().view(STORED[tensor["dtype"]]).reshape(tensor["shape"])
    return weights


class Layer(nn.Module):
    def __init__(self, size, inner, heads):
        super().__init__()
        self.heads = heads
        self.attention = nn.ModuleDict({name: nn.Linear(size, size) for name in ("q_lin", "k_lin", "v_lin", "out_lin")})
        self.sa_layer_norm = nn.LayerNorm(size, eps=1e-12)
        self.ffn = nn.ModuleDict({"lin1": nn.Linear(size, inner), "lin2": nn.Linear(inner, size)})
        self.output_layer_norm = nn.LayerNorm(size, eps=1e-12)

    def forward(self, x, mask):
        rows, longest, size = x.shape
        q, k, v = (
            self.attention[name](x).view(rows, longest, self.heads, -1).transpose(1, 2)
            for name in ("q_lin", "k_lin", "v_lin")
        )
        mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = self.sa_layer_norm(x + self.attention["out_lin"](mixed.transpose(1, 2).reshape(rows, longest, size)))
        return self.output_layer_norm(x + self.ffn["lin2"](functional.gelu(self.ffn["lin1"](x))))


class DistilBert(nn.Module):
    def __init__(self, config):
        super().__init__()
        if config["model_type"] != "distilbert":
            raise ValueError(f"the model must be a distilbert; it is a {config['model_type']}")
        size = config["dim"]
        self.words = nn.Embedding(config["vocab_size"], size)
        self.positions = nn.Embedding(config["max_position_embeddings"], size)
        self.norm = nn.LayerNorm(size, eps=1e-12)
        layers = (Layer(size, config["hidden_dim"], config["n_heads"]) for _ in range(config["n_layers"]))
        self.layer = nn.ModuleList(layers)
        self.pre_classifier = nn.Linear(size, size)
        self.classifier = nn.Linear(size, len(config["id2label"]))

    def forward(self, ids, mask):
        x = self.norm(self.words(ids) + self.positions.weight[: ids.shape[1]])
        for layer in self.layer:
            x = layer(x, mask)
        return self.classifier(functional.relu(self.pre_classifier(x[:, 0])))


def named_here(name):
    """The name in DistilBert of a tensor of the checkpoint."""
    embeddings = {"word_embeddings": "words", "position_embeddings": "positions", "LayerNorm": "norm"}
    for theirs, ours in embeddings.items():
        name = name.replace(f"distilbert.embeddings.{theirs}", ours)
    return name.replace("distilbert.transformer.", "")


class TorchPeer(TokenBatches):
    def __init__(self, request):
        super().__init__(request["checkpoint"], run_all=self.run_batches)
        self.device = torch.device(request["device"])
        if self.device.type == "cpu":
            torch.set_num_threads(request["threads"])
        folder = pathlib.Path(request["checkpoint"])
        model = DistilBert(json.loads((folder / "config.json").read_text(encoding="utf-8")))
        model.load_state_dict({named_here(name): tensor for name, tensor in read_weights(folder / "model.safetensors").items()})
        self.model = model.eval().to(self.device, DTYPES[request["dtype"]])
        if request["variant"] == "compiled":
            # Dynamic: else every shape would be compiled by itself.
            self.model = torch.compile(self.model, dynamic=True)
        self.versions = {"torch": torch.__version__, "cuda": str(torch.version.cuda)}

    def parts_of(self, order, lengths, batch):
        parts, longest = [[]], 0
        for row in order:
            longest = max(longest, lengths[row])
            if parts[-1] and (len(parts[-1]) + 1) * longest > batch:
                parts.append([])
                longest = lengths[row]
            parts[-1].append(row)
        return parts

    def run_batches(self, batches):
        with torch.inference_mode():
            logits = []
            for ids, mask in batches:
                ids, mask = (torch.from_numpy(one).to(self.device, non_blocking=True) for one in (ids, mask))
                logits.append(self.model(ids, mask.bool()[:, None, None, :]).float())
            sizes = [len(one) for one in logits]
            return np.split(torch.cat(logits).cpu().numpy(), np.cumsum(sizes)[:-1])


open_engine = TorchPeer


if __name__ == "__main__":
    serve(open_engine)
