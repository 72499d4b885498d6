"""Learns merges from one file by another library, for compare.py: peer_merges.py gigabpe|tokenizers FILE SIZE
THREADS. Prints one JSON line of seconds and megabytes.  pip install gigabpe==0.1.0 tokenizers==0.23.3"""
import json
import os
import resource
import sys
import time

name, path, size, threads = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
os.environ["RAYON_NUM_THREADS"] = str(threads)


def gigabpe():
    import gigabpe
    return lambda: gigabpe.train_bpe([path], size, special_tokens=[], threads=threads)


def tokenizers():
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    coder = Tokenizer(models.BPE())
    coder.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(vocab_size=size, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())

    def learn():
        with open(path, "rb") as file:
            coder.train_from_iterator(file.read().decode("utf8", "replace").splitlines(keepends=True), trainer)
    return learn


learn = {"gigabpe": gigabpe, "tokenizers": tokenizers}[name]()
start = time.perf_counter()
learn()
taken = time.perf_counter() - start
print(json.dumps({"seconds": taken, "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000}))
