"""Trains skip-gram's vectors of one text beside gensim and fastText, in turn, and scores them; writes docs/word_vectors.md:
compare.py BUILD_FOLDER PEERS_PYTHON TEXT PAIRS OUT.md. Each pair has a seed of its own."""
import datetime
import json
import os
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from machine import machine

BUILD, PYTHON, TEXT, PAIRS, OUT = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5]
HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ["lexigrad", "gensim", "gensim-as-ours", "fasttext"]
SHOWN = {"lexigrad": "lexigrad", "gensim": "gensim 4.4, its defaults", "gensim-as-ours": "gensim, subsample 1e-4 and rate 0.05", "fasttext": "fastText 0.9.2, subsample 1e-4 and rate 0.05"}
SCORES = ["wordsim", "simlex", "analogies"]
EPOCHS = 3


def answer(command):
    print("  " + " ".join(map(str, command)), file=sys.stderr)
    return json.loads(subprocess.run([str(c) for c in command], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1])


def train(name, method, threads, seed, out):
    if name == "lexigrad":
        return answer([f"{BUILD}/bench/lexigrad_train_words", method, TEXT, threads, EPOCHS, seed, out])
    return answer([PYTHON, f"{HERE}/peer_words.py", name, method, TEXT, threads, EPOCHS, seed, out])


def spread(values):
    return f"{statistics.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def compare(method):
    """Runs of all, in turn: a table, and how much faster two threads of ours are than one."""
    results = {name: [] for name in NAMES}
    alone = []
    with tempfile.TemporaryDirectory() as scratch:
        for seed in range(1, PAIRS + 1):
            for name in NAMES:
                out = f"{scratch}/{name}.vec"
                measured = train(name, method, 2, seed, out)
                measured.update(answer([PYTHON, f"{HERE}/peer_words.py", "scores", out]))
                results[name].append(measured)
            alone.append(train("lexigrad", method, 1, seed, f"{scratch}/alone.vec"))
            with open(f"{scratch}/lexigrad.vec", "rb") as one, open(f"{scratch}/alone.vec", "rb") as other:
                if one.read() != other.read():
                    sys.exit("the vectors of one thread are not those of two")
    rows = []
    for name in NAMES:
        ratio = statistics.median([speed(ours) / speed(theirs) for ours, theirs in zip(results["lexigrad"], results[name])])
        rows.append([SHOWN[name], f"{statistics.median(map(speed, results[name])):.2f}", f"{ratio:.1f}", *(spread([r[key] for r in results[name]]) for key in SCORES), f"{statistics.median([r['peak_mb'] for r in results[name]]):.0f}"])
    head = ["", "million words/s", "lexigrad's, times it", "WordSim-353", "SimLex-999", "analogies", "peak MB"]
    table = "\n".join(["| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head)] + rows])
    return table, statistics.median([speed(two) / speed(one) for one, two in zip(alone, results["lexigrad"])]), results["lexigrad"][0]["words"] / EPOCHS / 1e6


def speed(run):
    return run["words"] / run["seconds"] / 1e6


skip_gram, skip_gram_scaling, million = compare("skipgram")
cbow, cbow_scaling, _ = compare("cbow")
with open(OUT, "w") as out:
    out.write(f"""# Vectors of words, beside other libraries

Written by `script/bench words` on {datetime.date.today()}: {machine()}, two threads; {PAIRS} runs each, in turn, each with a seed of its own.
Negative sampling, 100 numbers, window 5, 5 negatives, {EPOCHS} epochs, words that occur five times, on {million:.1f} million words of a dictionary and of WordNet's glosses
([bench/words/corpus.py](../bench/words/corpus.py)). Scores: Spearman's correlation with people's, and the share of analogies that are right, by gensim on the sets that it ships: means, and the least and the largest.
Words/s: of the text, rare and left out ones too, training alone (fastText: the whole command); medians.

## Skip-gram
{skip_gram}

## CBOW
{cbow}

The vectors of one thread and of two are the same bytes; two threads are {skip_gram_scaling:.2f} and {cbow_scaling:.2f} times as fast as one. [Vectors of words](vectors.md) says how they are made.
""")
