"""Loads what `lexigrad convert RUN FOLDER/` writes with sentence-transformers and model2vec themselves, and compares
sentences with means of the run's rows.

usage: python tests/train/formats/safetensors/read_sentence_models.py build/bin/lexigrad   (pip install sentence-transformers model2vec)
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from model2vec import StaticModel
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer

lexigrad = sys.argv[1]
lines = ["The whale isn't here, but state-of-the-art ships are.", "It cost 1,234.5 or 3.14... no -- more!",
         "größe und naïve Wörter (in Klammern) “quoted”", "鯨は海にいる 鯨類 the whale", "co\u00adoperate e\u0301t\u00e9 😀👍🏽 x@y.z #1",
         "the sea the whale the ship", "a_b c/d 50% ABC The THE"]
unknown = ["the zebra sleeps", "The ship isn't là 𠀀鯨"]


def run(*arguments):
    return subprocess.run([lexigrad, *map(str, arguments)], check=True, capture_output=True, text=True).stdout


def means(rows, ids, left_out):
    found = [[i for i in each if i != left_out] for each in ids]
    return np.array([rows[each].astype(np.float64).mean(0) if each else np.zeros(rows.shape[1]) for each in found])


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    text = folder / "text.txt"
    text.write_text("\n".join(lines * 40) + "\n")
    for name, flags in {"word": [], "lowercase": ["--lowercase"], "bpe": ["--tokenizer", "bpe", "--bpe-size", 320],
                        "file": []}.items():
        trained = folder / name
        run("train", text, "--out", trained, "--steps", 30, "--dim", 16, *flags)
        source = trained / "vectors.safetensors" if name == "file" else trained
        run("convert", source, f"{folder}/{name}_model/")
        rows = load_file(folder / f"{name}_model/model.safetensors")["embeddings"]
        texts = lines + unknown
        ids = [[int(i) for i in run("tokenize", "--run", trained, path).split()]
               for path in [folder / "line.txt"] for line in texts if path.write_text(line) is not None]
        sentence = SentenceTransformer(str(folder / f"{name}_model"), device="cpu")
        static = StaticModel.from_pretrained(folder / f"{name}_model")
        unk = None if name == "bpe" else next(i for i, word in enumerate(static.tokens) if word == "<|unk|>")
        same = [encoding.ids for encoding in sentence.tokenizer.encode_batch(texts, add_special_tokens=False)]
        for line, own, other in zip(texts, ids, same):
            assert own == other, (name, line, own, other)
        of_sentence = np.abs(sentence.encode(texts) - means(rows, ids, None)).max()
        of_static = np.abs(static.encode(texts) - means(rows, ids, unk)).max()
        assert of_sentence < 1e-6 and of_static < 1e-6, (of_sentence, of_static)
        print(f"{name}: {len(texts)} texts, {rows.shape[0]} x {rows.shape[1]}, largest difference: "
              f"sentence-transformers {of_sentence:.1e}, model2vec {of_static:.1e}")
