"""What the Python peers share: JSON lines over standard input and output, so that a bench in Node can let them take turns.

    {"do": "load", "checkpoint": FOLDER, "export": FOLDER, "golden": FILE or null, "threads": 2, ...engine's own}
        -> {"versions": {"torch": "2.14.1"}, "golden": {"rows": 172, "sameLabel": 172, "maxDifference": 0.00001}}
    {"do": "label", "texts": [...], "batch": 32, "sorted": true}  -> {"seconds": 0.41, "labels": [...], "scores": [...]}
    {"do": "each", "texts": [...]}                                -> {"seconds": [0.003, ...]}, one text after the other

Seconds are taken in here, around tokenising, running and scores, so what is passed between the processes costs a peer
nothing. An answer {"error": "..."} is the last one.
"""

import ctypes
import json
import os
import signal
import sys
import time

import numpy as np

# Of a logit. Quantised and bfloat16 peers are held to the labels alone: they are not meant to have these logits.
MOST_DIFFERENCE = {"fp32": 2e-3}
LEAST_SAME_LABELS = {"fp32": 1.0, "int8": 0.95, "bf16": 0.98, "fp16": 0.98}


class WrongPeer(Exception):
    """A peer that computes something else than the checkpoint says: its speed means nothing."""


def check_against_golden(engine, dtype, file):
    """Compares token ids, logits and labels with those of the golden file, one text a run.

    Raises WrongPeer where they differ by more than the precision allows.
    """
    with open(file, encoding="utf-8") as golden:
        rows = json.load(golden)["rows"]
    differences, same = [], 0
    for row in rows:
        if engine.ids(row["text"]) != row["inputIds"]:
            raise WrongPeer(f"token ids must be those of {file}; they differ for {row['text'][:40]!r}")
        logits = engine.logits(row["text"])
        differences.append(float(np.abs(logits - row["logits"]).max()))
        same += int(np.argmax(logits) == np.argmax(row["logits"]))
    worst = max(differences)
    if worst > MOST_DIFFERENCE.get(dtype, np.inf):
        raise WrongPeer(f"logits must be within {MOST_DIFFERENCE[dtype]} of {file}; one is {worst:.4f} off")
    if same < LEAST_SAME_LABELS[dtype] * len(rows):
        raise WrongPeer(f"labels must be those of {file}; {len(rows) - same} of {len(rows)} differ")
    return {"rows": len(rows), "sameLabel": same, "maxDifference": worst}


def die_with_parent():
    """A peer that is stopped when the bench dies would stay for ever; Linux alone can say so."""
    set_parent_death_signal = 1
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)


def serve(open_engine):
    """Answers requests until standard input ends.

    open_engine(request) gives an engine: `versions`, `ids(text)`, `logits(text)`, and `label(texts, batch, is_sorted)`,
    which returns labels and scores in the order of the texts.
    """
    die_with_parent()
    # Libraries print what they like to file 1; only answers may go where the bench reads.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    engine = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "load":
                engine = open_engine(request)
                answer = {"versions": engine.versions}
                if request["golden"] is not None:
                    answer["golden"] = check_against_golden(engine, request["dtype"], request["golden"])
            else:
                answer = answer_with(engine, request)
        except Exception as error:  # Whatever it is, the bench tells it in its table.
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)
        if "error" in answer:
            return


def answer_with(engine, request):
    """Labels the texts of a request, all together or one after the other."""
    if request["do"] == "each":
        seconds = []
        for text in request["texts"]:
            start = time.perf_counter()
            engine.label([text], 1, False)
            seconds.append(time.perf_counter() - start)
        return {"seconds": seconds}
    start = time.perf_counter()
    labels, scores = engine.label(request["texts"], request["batch"], request["sorted"])
    return {"seconds": time.perf_counter() - start, "labels": labels, "scores": scores}
