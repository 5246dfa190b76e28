"""Writes the tiny random checkpoints xlm-roberta-tiny, camembert-tiny (in shards) and electra-tiny, what Hugging Face
transformers (PyTorch, fp32) answers on them, and tokens.json of each kind of tokenizer: ids at many lengths.

pip install torch transformers tokenizers safetensors sentencepiece protobuf; python make_tiny_families.py
(seeded: the same files every time). bert-tiny and roberta-tiny must lie here already; make_tiny.py makes them.
"""
import json, pathlib, tempfile, torch
import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, decoders, processors, trainers
from transformers import (CamembertConfig, CamembertForSequenceClassification, ElectraConfig, ElectraForSequenceClassification,
                          PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaForSequenceClassification)

here = pathlib.Path(__file__).parent
corpus = here.parent.parent / "models/calibration.txt"
torch.set_num_threads(1)
texts = [
    "A warm, funny film.", "contains no wit , only labored gags", "", " ", "ok", "Ünïcödé café naïve résumé", "日本語の映画はとても良い", "🙂🙃 so good!!! 10/10",
    "it's not bad — but it isn't GOOD either…", "http://example.com/a?b=c&d=e @user #hashtag", "a\tb\nc\r\nd\u0000e\u200bf", "word " * 100,
    "[CLS] [SEP] [PAD] [MASK] literal special tokens", "<s> a <pad> film <pad> <mask> </s> <unk> literal special tokens", "x" * 150, "don't @ me", "İstanbul ß ﬁ ½",
]
tricky = texts + [
    "中文和English混排。", "한국어 영화", "مرحبا بالعالم", "שלום", "e\u0301 \u0065\u0301\u0323 Å Å", "👩‍👩‍👧‍👦 🇩🇪 👍🏽", "①②③ ｆｕｌｌ ﷺ",
    "[SEP]", "</s>", "<s>", "[CLS][SEP]", "good[SEP]film", "good</s>film", "##ing", "▁word ▁", "Ġgood", "  two  spaces ", "\u00a0nbsp\u3000ideographic",
    "\ufeffbom \ufffd", "a" * 101, "antidisestablishmentarianism " * 3, "line\u2028separator\u0085", "-.,;:!?'\"()", "1,234.56 €99",
]
lengths = [2, 3, 4, 5, 6, 8, 13, 32, 64]
three = {0: "negative", 1: "neutral", 2: "positive"}


def sentence_pieces(size):
    """Pieces with scores, and a charsmap that is small: a few ligatures, full-width letters and spaces."""
    rules = {"ﬁ": "fi", "½": "1⁄2", "…": "...", "\u00a0": " ", "\u3000": " ", "①": "1", "②": "2", "③": "3", "e\u0301": "\u00e9", "\u212b": "\u00c5", "\t": " ", "\n": " ", "\r": " ", "\u200b": ""}
    rules |= {chr(0xFEE0 + code): chr(code) for code in range(0x21, 0x7F)}
    hexes = lambda text: " ".join(f"{ord(c):X}" for c in text)
    with tempfile.TemporaryDirectory() as folder:
        tsv = pathlib.Path(folder, "rules.tsv")
        tsv.write_text("".join(f"{hexes(a)}\t{hexes(b)}\n" for a, b in rules.items()))
        sentencepiece.SentencePieceTrainer.train(input=str(corpus), model_prefix=f"{folder}/m", vocab_size=size, model_type="unigram", num_threads=1,
                                                 normalization_rule_tsv=str(tsv), character_coverage=1.0, minloglevel=2)
        proto = sentencepiece_model_pb2.ModelProto()
        proto.ParseFromString(pathlib.Path(folder, "m.model").read_bytes())
    return [(piece.piece, round(piece.score, 4)) for piece in proto.pieces], proto.normalizer_spec.precompiled_charsmap


def unigram(size, before, after_unknown):
    """As transformers converts SentencePiece models of RoBERTa's descendants: their special tokens stand before the pieces."""
    pieces, charsmap = sentence_pieces(size)
    vocabulary = [(token, 0.0) for token in before] + after_unknown(pieces) + [("<mask>", 0.0)]
    tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=before.index("<unk>")))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Precompiled(charsmap), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")])
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", AddedToken("<mask>", lstrip=True)])
    ids = [(token, tokenizer.token_to_id(token)) for token in ("<s>", "</s>")]
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=ids)
    return tokenizer


def word_pieces(size):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.train([str(corpus)], trainers.WordPieceTrainer(vocab_size=size, limit_alphabet=150, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]))
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return tokenizer


def write_tokens(folder):
    """Ids at many lengths, 2 (special tokens alone) and more."""
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    cut = {length: tokenizer(tricky, truncation=True, max_length=length)["input_ids"] for length in lengths}
    whole = tokenizer(tricky)["input_ids"]
    json.dump({"madeBy": "make_tiny_families.py: transformers, PreTrainedTokenizerFast", "texts": tricky, "whole": whole, "truncated": cut},
              open(folder / "tokens.json", "w"), ensure_ascii=False, separators=(",", ":"))


def case(name, model, tokenizer, max_length, pad, shard="1GB"):
    torch.manual_seed(7)
    for parameter in model.parameters():  # wide enough that scores differ from text to text
        parameter.data.normal_(0, 0.15) if parameter.dim() > 1 else parameter.data.add_(torch.randn_like(parameter) * 0.1)
    model.eval()
    folder = here / name
    folder.mkdir(exist_ok=True)
    model.save_pretrained(folder, max_shard_size=shard)
    tokenizer.no_padding(); tokenizer.enable_truncation(max_length)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    json.dump({"model_max_length": max_length, "tokenizer_class": "PreTrainedTokenizerFast"}, open(folder / "tokenizer_config.json", "w"))
    rows = []
    with torch.no_grad():
        for text in texts:
            ids = tokenizer.encode(text).ids
            logits = model(input_ids=torch.tensor([ids]), attention_mask=torch.ones(1, len(ids), dtype=torch.long)).logits[0]
            rows.append({"text": text, "inputIds": ids, "logits": [round(x, 6) for x in logits.tolist()]})
    json.dump({"madeBy": "make_tiny_families.py: transformers, PyTorch fp32, one text a run", "padId": pad, "maxLength": max_length, "rows": rows},
              open(folder / "golden.json", "w"), ensure_ascii=False, indent=1)
    print(name, [r["logits"] for r in rows[:2]], sum(p.numel() for p in model.parameters()))


labels = dict(id2label=three, label2id={v: k for k, v in three.items()})
sizes = dict(hidden_size=32, num_attention_heads=4, intermediate_size=64, num_hidden_layers=2)
xlm = unigram(900, ["<s>", "<pad>", "</s>", "<unk>"], lambda pieces: pieces[3:])
case("xlm-roberta-tiny", XLMRobertaForSequenceClassification(XLMRobertaConfig(vocab_size=xlm.get_vocab_size(), **sizes, max_position_embeddings=66, pad_token_id=1,
     bos_token_id=0, eos_token_id=2, type_vocab_size=1, layer_norm_eps=1e-5, **labels)), xlm, 64, 1)
# CamemBERT's first ids are those of fairseq, whose <s> and </s> nobody uses: its own come after them.
camembert = unigram(800, ["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED"], lambda pieces: [("<s>", 0.0), ("</s>", 0.0)] + pieces[3:])
case("camembert-tiny", CamembertForSequenceClassification(CamembertConfig(vocab_size=camembert.get_vocab_size(), **sizes, max_position_embeddings=66, pad_token_id=1,
     bos_token_id=5, eos_token_id=6, type_vocab_size=1, layer_norm_eps=1e-5, **labels)), camembert, 64, 1, shard="60KB")
electra = word_pieces(1000)
case("electra-tiny", ElectraForSequenceClassification(ElectraConfig(vocab_size=electra.get_vocab_size(), **sizes, embedding_size=16, max_position_embeddings=64,
     type_vocab_size=2, layer_norm_eps=1e-12, pad_token_id=0, **labels)), electra, 64, 0)
for kind in ["bert-tiny", "roberta-tiny", "xlm-roberta-tiny", "camembert-tiny"]:
    write_tokens(here / kind)
