"""Writes vocabulary-tokens.json: the ids that transformers gives with tokenizers that it makes from vocab.txt, or from vocab.json and
merges.txt, for different settings. The vocabularies are those of bert-tiny and roberta-tiny, whose tokenizer.json holds them.

pip install transformers tokenizers; python make_vocabulary_tokens.py
"""
import hashlib, json, pathlib, tempfile
import transformers
from transformers import AutoTokenizer

here = pathlib.Path(__file__).parent
calibration = [line for line in (here.parent.parent / "models/calibration.txt").read_text().splitlines() if line.strip()]
texts = [
    "A warm, funny film.", "Ünïcödé café NAÏVE résumé", "日本語の映画はとても良い", "中文和English混排。", "🙂🙃 so good!!! 10/10", "", " ", "  lead  and trail ",
    "[CLS] [SEP] [PAD] [MASK] x[MASK]y [mask] literal", "<s> a <pad> film <mask> x<mask>y </s> <unk> literal", "a\tb\nc\r\nd\u0000e\u200bf", "e\u0301 \u212b",
    "Covid-19 covid-19 zzz ZZZ @User @user @Userx <user> [URL] [url] Covid covid", "İstanbul ß ﬁ ½ ﷺ", "word " * 200, "x" * 150, "it's NOT bad — but it isn't GOOD either…",
    "한국어 영화", "مرحبا بالعالم", "👩‍👩‍👧‍👦 🇩🇪 👍🏽", "\ufeffbom \ufffd", "line\u2028separator\u0085", "-.,;:!?'\"()", "1,234.56 €99", "##ing Ġgood ▁word", "\u00a0nbsp\u3000ideographic",
]
token = lambda content, **flags: dict(dict(content=content, lstrip=False, normalized=False, rstrip=False, single_word=False), **flags)
added = lambda content, **flags: token(content, **dict(dict(special=False), **flags))
bert = {"0": added("[PAD]", special=True), "100": added("[UNK]", special=True), "101": added("[CLS]", special=True), "102": added("[SEP]", special=True)}
cases = [
    ("bert-tiny", "no settings", {}),
    ("bert-tiny", "cased", {"tokenizer_config.json": {"do_lower_case": False, "tokenizer_class": "BertTokenizer"}}),
    ("bert-tiny", "lower case with accents", {"tokenizer_config.json": {"do_lower_case": True, "strip_accents": False, "tokenizer_class": "DistilBertTokenizerFast"}}),
    ("bert-tiny", "cased without accents, Chinese in words", {"tokenizer_config.json": {"do_lower_case": False, "strip_accents": True, "tokenize_chinese_chars": False, "tokenizer_class": "ElectraTokenizer"}}),
    ("bert-tiny", "more special tokens", {"tokenizer_config.json": {"additional_special_tokens": ["<user>", "[URL]"], "tokenizer_class": "BertTokenizer"}}),
    ("bert-tiny", "old files", {"tokenizer_config.json": {"tokenizer_class": "BertTokenizer"}, "added_tokens.json": {"Covid-19": 30523, "zzz": 30522},
     "special_tokens_map.json": {"unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": token("[MASK]", lstrip=True)}}),
    ("bert-tiny", "added_tokens_decoder", {"tokenizer_config.json": {"tokenizer_class": "BertTokenizer", "added_tokens_decoder": bert | {
        "103": added("[MASK]", lstrip=True, special=True), "30522": added("Covid-19", normalized=True), "30523": added("@User", rstrip=True, single_word=True)}}}),
    ("bert-tiny", "other special tokens", {"tokenizer_config.json": {"cls_token": "[MASK]", "sep_token": "[PAD]", "unk_token": "[unused5]", "tokenizer_class": "BertTokenizer"}}),
    ("roberta-tiny", "no settings", {}),
    ("roberta-tiny", "a space before", {"tokenizer_config.json": {"add_prefix_space": True, "tokenizer_class": "RobertaTokenizer"}}),
    ("roberta-tiny", "tokens as transformers 4 saved them", {"tokenizer_config.json": {"tokenizer_class": "RobertaTokenizer", "mask_token": {"__type": "AddedToken", **token("<mask>", lstrip=True)},
     **{f"{name}_token": {"__type": "AddedToken", **token(content, normalized=True)} for name, content in dict(bos="<s>", eos="</s>", sep="</s>", cls="<s>", unk="<unk>", pad="<pad>").items()}}}),
    ("roberta-tiny", "old files", {"tokenizer_config.json": {"tokenizer_class": "RobertaTokenizer", "additional_special_tokens": ["<user>"]}, "added_tokens.json": {"Covid": 1200},
     "special_tokens_map.json": dict(bos_token="<s>", eos_token="</s>", unk_token="<unk>", sep_token="</s>", pad_token="<pad>", cls_token="<s>", mask_token="<mask>")}),
]


def write_vocabulary(name, folder):
    model = json.loads((here / name / "tokenizer.json").read_text())["model"]
    if name == "bert-tiny":
        (folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece, _ in sorted(model["vocab"].items(), key=lambda entry: entry[1])))
    else:
        (folder / "vocab.json").write_text(json.dumps(model["vocab"]))
        (folder / "merges.txt").write_text("#version: 0.2\n" + "".join(f"{merge if isinstance(merge, str) else ' '.join(merge)}\n" for merge in model["merges"]))
    (folder / "config.json").write_text((here / name / "config.json").read_text())


rows = []
for name, settings, files in cases:
    with tempfile.TemporaryDirectory() as path:
        folder = pathlib.Path(path)
        write_vocabulary(name, folder)
        for file, content in files.items():
            (folder / file).write_text(json.dumps(content))
        tokenizer = AutoTokenizer.from_pretrained(folder)
        ids = [tokenizer(text)["input_ids"] for text in texts]
        many = json.dumps([tokenizer(text)["input_ids"] for text in calibration], separators=(",", ":"))
        rows.append({"vocabulary": name, "settings": settings, "files": files, "ids": ids, "calibrationSha256": hashlib.sha256(many.encode()).hexdigest()})
json.dump({"madeBy": f"make_vocabulary_tokens.py: transformers {transformers.__version__}, AutoTokenizer", "texts": texts, "cases": rows},
          open(here / "vocabulary-tokens.json", "w"), ensure_ascii=False, separators=(",", ":"))
