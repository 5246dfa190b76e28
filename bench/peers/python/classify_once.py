"""Labels one text and ends, as `valence classify` does: classify_once.py SCRIPT DTYPE VARIANT CHECKPOINT EXPORT TEXT, with the script of a peer in this folder."""

import importlib
import os
import sys

script, dtype, variant, checkpoint, export, text = sys.argv[1:]
peer = importlib.import_module(script.removesuffix(".py"))
request = {"checkpoint": checkpoint, "export": export, "dtype": dtype, "threads": len(os.sched_getaffinity(0)), "variant": variant}
print(peer.open_engine(request).label([text], 1, False))
