"""GPT-2's ids of one file by another library, for compare.py: peer_tokens.py NAME FILE THREADS [REPEATS] with NAME
gigatoken, tiktoken or tokenizers. Prints one JSON line of seconds and megabytes.
pip install gigatoken==0.10.0 tiktoken==0.14.0 tokenizers==0.23.3 numpy"""
import base64
import json
import os
import resource
import statistics
import sys
import tempfile
import time

name, path, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
repeats = int(sys.argv[4]) if len(sys.argv) > 4 else 3
cache = os.environ.get("LEXIGRAD_CACHE") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "lexigrad")
folder = os.path.join(cache, "gpt2")
os.environ["RAYON_NUM_THREADS"] = os.environ["TOKENIZERS_NUM_THREADS"] = str(threads)
os.environ["TOKENIZERS_PARALLELISM"] = "true" if threads > 1 else "false"


def ranks():
    from tiktoken.load import data_gym_to_mergeable_bpe_ranks
    os.environ["TIKTOKEN_CACHE_DIR"] = ""
    return data_gym_to_mergeable_bpe_ranks(f"{folder}/vocab.bpe", f"{folder}/encoder.json")


def read():
    with open(path, "rb") as file:
        return file.read().decode("utf8", "replace")


def gigatoken():
    import gigatoken
    import numpy
    with tempfile.TemporaryDirectory() as scratch:
        file = os.path.join(scratch, "r50k_base.tiktoken")
        with open(file, "wb") as out:
            out.writelines(base64.b64encode(token) + b" %d\n" % rank for token, rank in sorted(ranks().items(), key=lambda item: item[1]))
        tokenizer = gigatoken.Tokenizer.from_tiktoken(file)
    return lambda: numpy.asarray(tokenizer.encode_files([path], parallel=threads > 1)[0]), tokenizer.decode


def tiktoken():
    import tiktoken
    pattern = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"""
    coder = tiktoken.Encoding("gpt2", pat_str=pattern, mergeable_ranks=ranks(), special_tokens={"<|endoftext|>": 50256})

    def encode():
        text = read()
        if threads == 1:
            return coder.encode_ordinary(text)
        lines = text.splitlines(keepends=True)  # what its users do; ids at the ends of lines are others then
        size = max(1, len(lines) // (8 * threads))
        parts = ["".join(lines[i:i + size]) for i in range(0, len(lines), size)]
        return [token for part in coder.encode_ordinary_batch(parts, num_threads=threads) for token in part]

    return encode, coder.decode_bytes


def tokenizers():
    from tokenizers import Tokenizer, models, pre_tokenizers, decoders
    coder = Tokenizer(models.BPE.from_file(f"{folder}/encoder.json", f"{folder}/vocab.bpe"))
    coder.pre_tokenizer, coder.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    return lambda: [token for line in coder.encode_batch(read().splitlines(keepends=True)) for token in line.ids], coder.decode


def timed(function):
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


encode, decode = {"gigatoken": gigatoken, "tiktoken": tiktoken, "tokenizers": tokenizers}[name]()
cold, ids = timed(encode)
warm = statistics.median(timed(encode)[0] for _ in range(repeats)) if repeats else None
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
back = timed(lambda: decode(ids))[0]
print(json.dumps({"cold": cold, "warm": warm, "decode": back, "ids": len(ids), "peak_mb": peak}))
