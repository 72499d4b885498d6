"""Reads a file of word2vec's text by gensim, beside lexigrad_vectors: peer_vectors.py FILE, or writes one of generated numbers:
peer_vectors.py FILE WORDS DIM. Prints one JSON line: seconds by the clock, of processors, and the peak of memory in megabytes.
pip install gensim==4.4.0"""
import json
import resource
import sys
import time

import numpy

path = sys.argv[1]
if len(sys.argv) > 3:
    words, dim = int(sys.argv[2]), int(sys.argv[3])
    random = numpy.random.default_rng(1)
    with open(path, "w") as file:
        file.write(f"{words} {dim}\n")
        for begin in range(0, words, 1000):
            for i, row in enumerate(random.standard_normal((min(1000, words - begin), dim)) / 10, begin):
                file.write(f"word{i} " + " ".join(map("{:.6f}".format, row)) + "\n")
    sys.exit()

from gensim.models import KeyedVectors
before, start = time.process_time(), time.perf_counter()
KeyedVectors.load_word2vec_format(path, binary=False)
print(json.dumps({"seconds": time.perf_counter() - start, "processor": time.process_time() - before,
                  "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000}))
