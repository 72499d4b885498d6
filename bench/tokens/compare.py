"""Times GPT-2's tokens beside gigatoken, tiktoken and tokenizers, learning merges beside gigabpe and tokenizers, files to
token files beside the disk, and one text from 10 MB to 1 GB; writes docs/token_speed.md and docs/token_speed.svg:
compare.py BUILD_FOLDER PEERS_PYTHON TEXTS_FOLDER PAIRS OUT.md. Processes run in turn; medians are given, and the ratios'
are taken within a pair."""
import datetime
import json
import math
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from machine import machine

BUILD, PYTHON, TEXTS, PAIRS, OUT = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5]
HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ["english", "chinese", "code"]
LEXIGRAD = f"{BUILD}/bin/lexigrad"
median = statistics.median


def run(command, **environment):
    """Seconds, peak megabytes and the standard output of a process."""
    print("  " + " ".join(map(str, command)), file=sys.stderr)
    start = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([str(c) for c in command], stdout=out, env={**os.environ, **environment})
        _, status, usage = os.wait4(process.pid, 0)
        taken = time.perf_counter() - start
        if status != 0:
            sys.exit(f"{command} failed")
        out.seek(0)
        return taken, usage.ru_maxrss / 1000, out.read()


def answer(command, **environment):
    return json.loads(run(command, **environment)[2].decode().strip().splitlines()[-1])


def encode(name, path, threads, repeats):
    if name == "lexigrad":
        return answer([f"{BUILD}/bench/lexigrad_token_speed", path, threads, repeats])
    return answer([PYTHON, f"{HERE}/peer_tokens.py", name, path, threads, repeats])


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join(["---"] * len(head)) + " |"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def of(results, key):
    return median([r[key] for r in results])


def encoding():
    rows, ratios = [], []
    for text in NAMES:
        path = f"{TEXTS}/{text}.txt"
        size = os.path.getsize(path) / 1e6
        for threads in (1, 2):
            results = {name: [] for name in ("lexigrad", "gigatoken", "tiktoken", "tokenizers")}
            for pair in range(PAIRS):
                for name in results:
                    slow = name in ("tiktoken", "tokenizers")
                    if not slow or pair == 0:
                        results[name].append(encode(name, path, threads, 1 if slow else 9))
            for name, measured in results.items():
                speeds = [f"{size / of(measured, key):.0f}" for key in ("cold", "warm", "decode")]
                rows.append([text, str(threads), name, *speeds, f"{of(measured, 'peak_mb'):.0f}"])
            within = {key: [b[key] / a[key] for a, b in zip(results["lexigrad"], results["gigatoken"])] for key in ("cold", "warm", "decode")}
            slowest = [of(results["tiktoken"], key) / of(results["lexigrad"], key) for key in ("warm", "decode")]
            ratios.append([text, str(threads), *(f"{median(v):.2f} ({min(v):.2f} to {max(v):.2f})" for v in within.values()), *(f"{v:.1f}" for v in slowest)])
    return (table(["text", "threads", "", "cold MB/s", "warm MB/s", "decode MB/s", "peak MB"], rows) + "\n" +
            table(["text", "threads", "cold, times gigatoken", "warm", "decode", "warm, times tiktoken", "decode"], ratios))


def learning():
    rows = []
    for text in NAMES:
        path = f"{TEXTS}/{text}.txt"
        for size in (8192, 32768):
            for threads in (1, 2):
                ours, theirs = [], []
                for _ in range(PAIRS):
                    with tempfile.NamedTemporaryFile(suffix=".tiktoken") as out:
                        taken, peak, _ = run([LEXIGRAD, "tokenize", "--train", size, path, "--out", out.name], LEXIGRAD_THREADS=str(threads))
                    ours.append({"seconds": taken, "peak_mb": peak})
                    theirs.append(answer([PYTHON, f"{HERE}/peer_merges.py", "gigabpe", path, size, threads]))
                row = [text, str(size), str(threads), f"{of(ours, 'seconds'):.2f} s, {of(ours, 'peak_mb'):.0f} MB", f"{of(theirs, 'seconds'):.2f} s, {of(theirs, 'peak_mb'):.0f} MB", f"{median([b['seconds'] / a['seconds'] for a, b in zip(ours, theirs)]):.2f}"]
                if threads == 2:
                    other = answer([PYTHON, f"{HERE}/peer_merges.py", "tokenizers", path, size, threads])
                    row += [f"{other['seconds']:.1f} s, {other['peak_mb']:.0f} MB", f"{other['seconds'] / of(ours, 'seconds'):.1f}"]
                rows.append(row + [""] * (8 - len(row)))
    return table(["text", "size", "threads", "lexigrad (the whole command)", "gigabpe", "ratio", "tokenizers", "ratio"], rows)


def files(scratch):
    rows = []
    for text in NAMES:
        path, out = f"{TEXTS}/{text}.txt", f"{scratch}/{text}.tokens"
        taken = median([run([LEXIGRAD, "tokenize", path, "--out", out])[0] for _ in range(PAIRS)])
        written = os.path.getsize(out)
        disk = []
        for _ in range(PAIRS):
            start = time.perf_counter()
            with open(f"{scratch}/plain", "wb") as file:
                for _ in range(written >> 20):
                    file.write(bytes(1 << 20))
                file.flush()
                os.fsync(file.fileno())
            disk.append(time.perf_counter() - start)
        encoder = of([encode("lexigrad", path, 2, 1) for _ in range(PAIRS)], "cold")
        rows.append([text, f"{taken:.2f} s", f"{encoder:.2f} s", f"{median(disk):.2f} s for {written / 1e6:.0f} MB", f"{max(encoder, median(disk)) / taken:.2f}"])
        os.remove(out)
    return table(["text", "`tokenize TEXT --out FILE.tokens`", "the encoder, cold", "the disk alone", "share of the slower one's speed"], rows)


def generate(path, size):
    """Sentences of words drawn by Zipf's law, of a vocabulary that grows with the text."""
    draw = random.Random(5)
    words = ["".join(draw.choices(["ba", "ko", "ri", "tel", "an", "st", "er", "um", "in"], k=draw.randint(1, 4))) for _ in range(200000)]
    weights = [1 / (i + 2) for i in range(len(words))]
    for i in range(1, len(weights)):
        weights[i] += weights[i - 1]
    with open(path, "w") as out:
        while out.tell() < size:
            lines = []
            for _ in range(2000):
                lines.append(" ".join(draw.choices(words, cum_weights=weights, k=draw.randint(4, 24))).capitalize() + ".")
            out.write("\n".join(lines) + "\n")


def growth(scratch):
    part, path = f"{scratch}/part.txt", f"{scratch}/text.txt"
    with multiprocessing.Pool(1) as pool:  # a process's peak is at least that of the one that starts it
        pool.apply(generate, (part, 100_000_000))
    rows, points = [], []
    for size in (10, 30, 100, 300, 1000):
        with open(path, "wb") as out:
            for at in range(0, size, 10):
                with open(part, "rb") as source:
                    source.seek(at % 100 * 1_000_000)
                    out.write(source.read(10_000_000))
        taken, peaks = [], []
        for _ in range(PAIRS):
            seconds, peak, _ = run([LEXIGRAD, "tokenize", path, "--out", f"{scratch}/text.tokens"])
            taken.append(seconds)
            peaks.append(peak)
        count = int(run([LEXIGRAD, "tokenize", path, "--count"])[2].split()[-1])
        points.append((size, count / median(taken) / 1e6))
        rows.append([f"{size} MB", f"{median(taken):.2f} s", f"{points[-1][1]:.1f}", f"{median(peaks):.0f} MB"])
    return table(["text", "to a token file", "million tokens/s", "peak"], rows), points


def picture(points):
    width, height, left, bottom = 640, 260, 60, 40
    top = max(speed for _, speed in points) * 1.2

    def at(size, speed):
        x = left + (math.log10(size) - 1) / 2 * (width - left - 20)
        return x, height - bottom - speed / top * (height - bottom - 20)
    line = " ".join("%.1f,%.1f" % at(*p) for p in points)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="white"/>',
           f'<text x="{left}" y="14">Million tokens a second, whole command, text to token file</text>',
           f'<polyline points="{line}" fill="none" stroke="#2a6f97" stroke-width="2"/>']
    for size, speed in points:
        x, y = at(size, speed)
        out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#2a6f97"/><text x="{x:.1f}" y="{y - 10:.1f}" text-anchor="middle">{speed:.0f}</text>')
        out.append(f'<text x="{x:.1f}" y="{height - bottom + 18}" text-anchor="middle">{size if size < 1000 else 1} {"MB" if size < 1000 else "GB"}</text>')
    out.append(f'<line x1="{left}" y1="{height - bottom}" x2="{width - 10}" y2="{height - bottom}" stroke="black"/></svg>')
    return "\n".join(out) + "\n"


with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/var/tmp")) as scratch:
    grown, points = growth(scratch)
    parts = {"Texts to token files": files(scratch), "From 10 MB to 1 GB": grown + "\n![tokens a second](token_speed.svg)\n", "Learning merges": learning(), "Encoding and decoding": encoding()}
with open(OUT[:-3] + ".svg", "w") as out:
    out.write(picture(points))
with open(OUT, "w") as out:
    out.write(f"""# How fast tokens are

Written by `script/bench tokens` on {datetime.date.today()}: {machine()}; medians of {PAIRS} runs, processes in turn.
Texts of 40 to 49 MB ([bench/tokens/corpora.py](../bench/tokens/corpora.py)): English is a dictionary, code is Python, Chinese is poems.
Peers: gigatoken 0.10, tiktoken 0.14, tokenizers 0.23, gigabpe 0.1; tiktoken and tokenizers run once, their texts in lines where they have two threads.

""")
    for name in ("Encoding and decoding", "Learning merges", "Texts to token files", "From 10 MB to 1 GB"):
        out.write(f"## {name}\n\n{parts[name]}\n")
    out.write("""Encoding reads the file and gives all ids: 2 bytes each in one array here, gigatoken's arrays of 4, lists of the other two. Cold is the first call of a process, warm the median of nine more.
All ids are the same (`bench/tokens/check_ids.py`).
""")
