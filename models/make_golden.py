"""Writes golden.json of a checkpoint folder: the token ids and logits that Hugging Face transformers gives for texts.

    pip install torch transformers tokenizers safetensors
    python make_golden.py FOLDER [OTHER_GOLDEN_JSON]      texts come from FOLDER's golden.json, or the other one

fp32 arithmetic on the fp16 weights, one text a run.
"""
import json, pathlib, sys

import torch
import transformers
from tokenizers import Tokenizer

folder = pathlib.Path(sys.argv[1])
file = folder / "golden.json"
texts = [row["text"] for row in json.loads(pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else file).read_text())["rows"]]
torch.set_num_threads(1)
model = transformers.AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
longest = model.config.max_position_embeddings
tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
tokenizer.no_padding()
tokenizer.enable_truncation(longest)
rows = []
for text in texts:
    ids = tokenizer.encode(text).ids
    with torch.inference_mode():
        logits = model(input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long)).logits[0]
    rows.append({"text": text, "inputIds": ids, "logits": [round(value, 6) for value in logits.tolist()]})
short = lambda module: ".".join(module.__version__.split("+")[0].split(".")[:2])
made_by = f"Hugging Face transformers {short(transformers)}, PyTorch {short(torch)}, fp32 arithmetic on the fp16 weights, one text a run"
file.write_text(json.dumps({"madeBy": made_by, "padId": 0, "maxLength": longest, "rows": rows}, ensure_ascii=False) + "\n")
