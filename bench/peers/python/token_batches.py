"""What the peers do that are handed tensors: tokenise, cut batches, pad them, and turn logits into labels and scores."""

import json
import pathlib

import numpy as np
from tokenizers import Tokenizer

MAX_LENGTH = 512


class TokenBatches:
    """Labels texts with a function from ids and mask, int64 [rows, longest], to logits, float32 [rows, labels].

    An engine that runs several batches at a time gives `run_all` instead, from a list of ids and mask to a list of logits.
    """

    def __init__(self, checkpoint, run=None, run_all=None):
        folder = pathlib.Path(checkpoint)
        self.run_all = run_all or (lambda batches: [run(*batch) for batch in batches])
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.tokenizer.enable_truncation(min(MAX_LENGTH, config["max_position_embeddings"]))
        names = config["id2label"]
        self.names = [names[str(index)] for index in range(len(names))]

    def ids(self, text):
        """The token ids of a text."""
        return self.tokenizer.encode(text).ids

    def logits(self, text):
        """The logits of a text in a run of its own."""
        return self.run_all([padded([self.ids(text)])])[0][0]

    def parts_of(self, order, lengths, batch):
        """The rows of each batch, in their order."""
        return [order[start : start + batch] for start in range(0, len(order), batch)]

    def label(self, texts, batch, is_sorted):
        """Labels and scores of texts, `batch` a run: as they come, or sorted by tokens so that little is padding."""
        ids = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        order = sorted(range(len(ids)), key=lambda index: len(ids[index])) if is_sorted else range(len(ids))
        logits = np.empty((len(ids), len(self.names)), np.float32)
        parts = self.parts_of(list(order), [len(one) for one in ids], batch)
        batches = [padded([ids[row] for row in rows]) for rows in parts]
        for rows, given in zip(parts, self.run_all(batches)):
            logits[rows] = given
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        scores = exponentials / exponentials.sum(axis=1, keepdims=True)
        return [self.names[index] for index in scores.argmax(axis=1)], scores.max(axis=1).tolist()


def padded(ids):
    """Ids and mask of a batch."""
    longest = max(map(len, ids))
    padded_ids = np.zeros((len(ids), longest), np.int64)
    mask = np.zeros((len(ids), longest), np.int64)
    for row, one in enumerate(ids):
        padded_ids[row, : len(one)] = one
        mask[row, : len(one)] = 1
    return padded_ids, mask
