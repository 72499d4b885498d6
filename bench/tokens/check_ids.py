"""Holds the ids of whole texts against tiktoken's, for any number of threads and three patterns: check_ids.py LEXIGRAD
[TEXT...]  pip install tiktoken==0.14.0 regex numpy. Merges are learnt from the texts themselves, in which bytes outside
UTF-8 become U+FFFD. Then generated ones: every character alone and between letters, 100,000 random strings of them, long
runs; and a million random byte strings, whose pieces the module regex finds and tiktoken merges, as where tiktoken's own
regular expressions fail."""
import base64
import os
import random
import subprocess
import sys
import tempfile

import numpy
import regex
import tiktoken
from tiktoken.load import data_gym_to_mergeable_bpe_ranks

LEXIGRAD, TEXTS = sys.argv[1], sys.argv[2:]
os.environ["TIKTOKEN_CACHE_DIR"] = ""
CACHE = os.environ.get("LEXIGRAD_CACHE") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "lexigrad")
PATTERNS = {
    "gpt2": r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s""",
    "cl100k": r"""'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s""",
    "o200k": "|".join([
        r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
        r"""[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?""",
        r"""\p{N}{1,3}""", r""" ?[^\s\p{L}\p{N}]+[\r\n/]*""", r"""\s*[\r\n]+""", r"""\s+(?!\S)""", r"""\s+"""]),
}


def lexigrad(arguments, threads):
    done = subprocess.run([LEXIGRAD, "tokenize", *arguments], env={**os.environ, "LEXIGRAD_THREADS": str(threads)}, check=True, capture_output=True)
    return done.stdout


def characters():
    return [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]


def random_strings(draw, count):
    groups = ["abcXYZ 0129", " \n\t\r\u00a0\u3000\u2028", "'sdmtlvre", "\u4e00\u9fbf\u9fc0\u3002\uff0c\u3042\uac00", "\u00e9\u0301\u0436\u05d0\u0661", "\U0001f600\u200d\ufe0f\U0001f1e6"]
    every = characters()
    for _ in range(count):
        group = draw.choice(groups)
        yield "".join(draw.choice(every) if draw.random() < 0.3 else draw.choice(group) for _ in range(draw.randint(1, 24)))


def generated():
    draw = random.Random(1)
    yield "characters alone", "\n".join(characters())
    yield "characters between letters", " ".join(f"a{c}b" for c in characters())
    yield "random strings", "".join(random_strings(draw, 100000))
    for name, unit in (("letters", "a"), ("blanks", " "), ("newlines", "\n"), ("digits", "7"), ("joiners", "\U0001f469\u200d"), ("Chinese", "\u732b\u72d7")):
        yield f"a run of {name}", unit * (1000000 // len(unit.encode()))


def random_bytes(draw, count):
    groups = [bytes(range(256)), b"ab 1.'s\n", b"\xe4\xb8\x80\xe9\xbf\xc2\xa0 ", b"\xf0\x9f\x98\x80\xed\xa0\xff\xc0a"]
    return b"".join(bytes(draw.choices(draw.choice(groups), k=draw.randint(1, 16))) for _ in range(count))


def ids_of_bytes(text, coder, pattern, known):
    out = []
    for piece in regex.findall(pattern, text.decode("utf8", "surrogateescape")):
        if piece not in known:
            known[piece] = coder._encode_single_piece(piece.encode("utf8", "surrogateescape"))
        out += known[piece]
    return out


def check(name, path, arguments, coder, expected=None):
    if expected is None:
        with open(path, encoding="utf8", newline="") as file:
            text = file.read()
        try:
            expected = coder.encode_ordinary(text)
        except BaseException as error:  # of pyo3: its regular expressions overflow a stack on long runs
            if type(error).__name__ != "PanicException":
                raise
            expected = ids_of_bytes(text.encode(), coder, coder._pat_str, {})
    expected = numpy.asarray(expected)
    for threads in (1, 2, 3, 8):
        got = numpy.frombuffer(lexigrad([*arguments, "--binary", path], threads), "<u2" if coder.n_vocab <= 65536 else "<u4")
        if len(got) != len(expected) or (got != expected).any():
            at = int(numpy.argmax(got[:len(expected)] != expected[:len(got)]))
            sys.exit(f"{path}, {name}, {threads} threads: other ids from {at} on")
    print(f"{os.path.basename(path)}, {name}: {len(expected)} ids equal with 1, 2, 3 and 8 threads", flush=True)


def check_patterns(path, learnt_file, learnt):
    for name, pattern in PATTERNS.items():
        coder = tiktoken.Encoding(name, pat_str=pattern, mergeable_ranks=learnt, special_tokens={})
        check(f"{name} and {len(learnt)} learnt", path, ["--tokenizer", "file", "--tokenizer-file", learnt_file, "--pattern", name], coder)


def learn(path, folder):
    file = f"{folder}/learnt.tiktoken"
    lexigrad(["--train", "32768", path, "--out", file], 2)
    with open(file, "rb") as lines:
        return file, {base64.b64decode(token): int(rank) for token, rank in (line.split() for line in lines)}


with tempfile.TemporaryDirectory() as folder:
    ranks = data_gym_to_mergeable_bpe_ranks(f"{CACHE}/gpt2/vocab.bpe", f"{CACHE}/gpt2/encoder.json")
    gpt2 = tiktoken.Encoding("gpt2", pat_str=PATTERNS["gpt2"], mergeable_ranks=ranks, special_tokens={"<|endoftext|>": 50256})
    for text in TEXTS:
        path = os.path.join(folder, os.path.basename(text))
        with open(text, encoding="utf8", errors="replace", newline="") as source, open(path, "w", encoding="utf8", newline="") as copy:
            copy.write(source.read())
        check("gpt2", path, ["--tokenizer", "gpt2"], gpt2)
        check_patterns(path, *learn(path, folder))
    file, learnt = None, None
    for name, text in generated():
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf8", newline="") as out:
            out.write(text)
        if not learnt:
            file, learnt = learn(path, folder)
        check("gpt2", path, ["--tokenizer", "gpt2"], gpt2)
        check_patterns(path, file, learnt)
    path = os.path.join(folder, "random bytes")
    text = random_bytes(random.Random(2), 1000000)
    with open(path, "wb") as out:
        out.write(text)
    check("gpt2", path, ["--tokenizer", "gpt2"], gpt2, ids_of_bytes(text, gpt2, PATTERNS["gpt2"], {}))
