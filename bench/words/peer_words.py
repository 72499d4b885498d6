"""Vectors of one text's words by another library, beside lexigrad_train_words: peer_words.py PEER skipgram|cbow TEXT THREADS
EPOCHS SEED OUT.vec, PEER gensim, gensim-as-ours or fasttext; or their scores on the sets of words that gensim ships: peer_words.py scores FILE.vec. Prints one JSON line.
pip install gensim==4.4.0; fastText is Debian's program."""
import json
import os
import resource
import subprocess
import sys
import time

if sys.argv[1] == "scores":
    import gensim
    from gensim.models import KeyedVectors
    sets = os.path.join(os.path.dirname(gensim.__file__), "test", "test_data")
    vectors = KeyedVectors.load_word2vec_format(sys.argv[2])
    print(json.dumps({
        "wordsim": float(vectors.evaluate_word_pairs(os.path.join(sets, "wordsim353.tsv"))[1][0]),
        "simlex": float(vectors.evaluate_word_pairs(os.path.join(sets, "simlex999.txt"))[1][0]),
        "analogies": vectors.evaluate_word_analogies(os.path.join(sets, "questions-words.txt"), restrict_vocab=30000)[0]}))
    sys.exit()

name, method, text, threads, epochs, seed, out = sys.argv[1:]
threads, epochs = int(threads), int(epochs)
with open(text) as file:
    words = sum(line.count(" ") + 1 for line in file) * epochs
if name.startswith("gensim"):
    from gensim.models import Word2Vec
    sample, rate = (1e-3, 0.025) if name == "gensim" else (1e-4, 0.05)  # its defaults, or ours
    model = Word2Vec(corpus_file=text, vector_size=100, window=5, negative=5, sg=int(method == "skipgram"), hs=0, sample=sample, alpha=rate, workers=threads, epochs=epochs, min_count=5, seed=int(seed))
    seconds = model.total_train_time
    model.wv.save_word2vec_format(out)
else:
    start = time.perf_counter()
    subprocess.run(["fasttext", method, "-input", text, "-output", out[:-4], "-dim", "100", "-ws", "5", "-neg", "5", "-epoch", str(epochs), "-minCount", "5", "-t", "1e-4", "-lr", "0.05",
                    "-thread", str(threads), "-maxn", "0", "-verbose", "0", "-seed", seed], check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
usage = resource.getrusage(resource.RUSAGE_CHILDREN if name == "fasttext" else resource.RUSAGE_SELF)
print(json.dumps({"seconds": seconds, "words": words, "peak_mb": usage.ru_maxrss / 1000}))
