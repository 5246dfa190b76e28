"""What the graphs with static scales are calibrated on: the texts on which Valence's own int8 graph is."""

import pathlib

import numpy as np
from token_batches import TokenBatches

TEXTS = pathlib.Path(__file__).parent / "../../../models/calibration.txt"


def calibration_inputs(checkpoint):
    """Ids and mask of each text, int64 [1, longest]."""
    tokenizer = TokenBatches(checkpoint, None)
    for text in filter(None, TEXTS.read_text(encoding="utf-8").split("\n")):
        ids = np.array([tokenizer.ids(text)], np.int64)
        yield {"input_ids": ids, "attention_mask": np.ones_like(ids)}
