"""Hugging Face's pipeline("text-classification") on PyTorch, on the CPU: as it is, compiled, or in bfloat16."""

import numpy as np
import torch
import transformers
from protocol import serve

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}


class HuggingFace:
    def __init__(self, request):
        # Cores are what the bench grants; torch would count those of the machine.
        torch.set_num_threads(request["threads"])
        transformers.logging.set_verbosity_error()
        self.pipe = transformers.pipeline(
            "text-classification", model=request["checkpoint"], device="cpu", dtype=DTYPES[request["dtype"]]
        )
        if request["variant"] == "compiled":
            # Dynamic: else every length would be compiled by itself.
            self.pipe.model.compile(dynamic=True)
        self.versions = {"transformers": transformers.__version__, "torch": torch.__version__}

    def ids(self, text):
        return self.pipe.tokenizer(text, truncation=True)["input_ids"]

    def logits(self, text):
        by_label = self.pipe([text], truncation=True, top_k=None, function_to_apply="none")[0]
        names = self.pipe.model.config.label2id
        logits = np.empty(len(names), np.float32)
        for one in by_label:
            logits[names[one["label"]]] = one["score"]
        return logits

    def label(self, texts, batch, is_sorted):
        # By characters, as a caller can: tokens are known inside the pipeline alone.
        order = sorted(range(len(texts)), key=lambda index: len(texts[index])) if is_sorted else range(len(texts))
        given = self.pipe([texts[index] for index in order], truncation=True, batch_size=batch)
        labels, scores = [""] * len(texts), [0.0] * len(texts)
        for index, one in zip(order, given):
            labels[index], scores[index] = one["label"], one["score"]
        return labels, scores


open_engine = HuggingFace


if __name__ == "__main__":
    serve(open_engine)
