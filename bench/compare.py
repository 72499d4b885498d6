"""Times lexigrad beside PyTorch, processes in turn, and writes docs/benchmarks.md: compare.py BUILD_FOLDER PAIRS OUT.
Each pair is one lexigrad process and one process of every PyTorch variant; ratios are taken within a pair, against the
pair's best variant, and their median is reported."""
import datetime
import json
import os
import statistics
import subprocess
import sys
import time

from machine import machine

BUILD, PAIRS, OUT = sys.argv[1], int(sys.argv[2]), sys.argv[3]
HERE = os.path.dirname(os.path.abspath(__file__))
# Ours beside theirs: workload of the peer, its variants, our workloads, steps.
STEPS = [
    ("w1", ["plain", "linear_ce"], ["w1"], 3),
    ("w1s", ["plain", "fused", "linear_ce"], ["w1s", "w1s-lazy"], 15),
    ("w3", ["plain", "fused", "linear_ce"], ["w3"], 3),
    ("w4a", ["plain"], ["w4a"], 501),
    ("w4c", ["adam"], ["w4c"], 60),
    ("w4c", ["sgd"], ["w4c-sgd"], 60),
]


def run(command, **environment):
    print("  " + " ".join(map(str, command)), file=sys.stderr)
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True, env={**os.environ, **environment})
    return json.loads(done.stdout.strip().splitlines()[-1])


def ours(workload, steps, **environment):
    return run([f"{BUILD}/bench/lexigrad_bench", workload, steps], **environment)


def theirs(workload, variant, steps):
    return run([sys.executable, f"{HERE}/peer_torch.py", workload, variant, steps])


median = statistics.median


def spread(values):
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def note(name, pairs):
    if name == "w4a":
        return f"NoGrad {median([a['forward'] for a, _ in pairs]) * 1e6:.3f} us against {median([b['forward'] for _, b in pairs]) * 1e6:.3f} us"
    if "peak_mb" not in pairs[0][0]:
        mine, best = (median([p[i]["later"] for p in pairs]) * 1e3 for i in (0, 1))
        return f"after 60 steps {best:.2f} ms and {mine:.2f} ms, {spread([b['later'] / a['later'] for a, b in pairs])}; the optimizer takes {median([a['optimizer'] for a, _ in pairs]) * 1e3:.2f} ms of that"
    if "products" not in pairs[0][0]:
        return f"peak memory {median([a['peak_mb'] for a, _ in pairs]):.0f} MB, {median([a['peak_mb'] / b['peak_mb'] for a, b in pairs]):.2f}x"
    memory = median([a["peak_mb"] / b["peak_mb"] for a, b in pairs])
    return f"{median([a['seconds'] / a['products'] for a, _ in pairs]):.2f}x its three products; peak memory {median([a['peak_mb'] for a, _ in pairs]):.0f} MB, {memory:.2f}x"


def steps_table(results):
    yield "| workload | PyTorch | lexigrad | | times faster: median (range) | |"
    yield "|---|---|---|---|---|---|"
    for name, pairs in results.items():
        unit, digits, label = (1e6, 3, "us an op") if name == "w4a" else (1e3, 2, "ms a step")
        mine, best = (median([p[i]["seconds"] for p in pairs]) * unit for i in (0, 1))
        ratio = spread([b["seconds"] / a["seconds"] for a, b in pairs])
        yield f"| {name} | {best:.{digits}f} ({pairs[0][1]['variant']}) | {mine:.{digits}f} | {label} | {ratio} | {note(name, pairs)} |"


def elementwise_table(pairs):
    yield "| GB/s | PyTorch: a new tensor | into one that is there | lexigrad: a new tensor | times PyTorch's new | times PyTorch's other | lexigrad, fresh pages |"
    yield "|---|---|---|---|---|---|---|"
    for name in pairs[0][1]:
        if not isinstance(pairs[0][1][name], dict):
            continue
        new, there, mine, pages = (median([p[i][name][kind] for p in pairs]) for i, kind in ((1, "fresh"), (1, "kept"), (0, "kept"), (0, "fresh")))
        ratios = (spread([a[name]["kept"] / b[name][kind] for a, b in pairs]) for kind in ("fresh", "kept"))
        yield f"| {name} | {new:.1f} | {there:.1f} | {mine:.1f} | " + " | ".join(ratios) + f" | {pages:.1f} |"
    yield ""
    yield "A new tensor takes fresh pages from the system in PyTorch and memory that the allocator has kept in lexigrad; the last column is lexigrad with nothing kept."
    yield f"Limits in the same processes: copying {median([a['copy_limit'] for a, _ in pairs]):.1f} GB/s, reading {median([a['read_limit'] for a, _ in pairs]):.1f} GB/s."


def attention_table(pairs):
    yield "| T | PyTorch | lexigrad | times faster |"
    yield "|---|---|---|---|"
    for length in [n for n in pairs[0][0] if n.isdigit()]:
        theirs, mine = (median([p[i][length] for p in pairs]) * 1e3 for i in (1, 0))
        yield f"| {length} | {theirs:.2f} ms | {mine:.2f} ms | {spread([b[length] / a[length] for a, b in pairs])} |"


def generation_line(pairs):
    theirs, mine = (median([p[i]["tokens_per_second"] for p in pairs]) for i in (1, 0))
    ratio = spread([a["tokens_per_second"] / b["tokens_per_second"] for a, b in pairs])
    return f"GPT-2 124M, greedy, 64 tokens after 16, with the cache: {mine:.1f} tokens/s against {theirs:.1f} of a plain loop with the cache in PyTorch, {ratio} times."


def products_table(runs):
    names = [n for n in runs[0] if n != "workload"]
    yield "| product | times the speed of OpenBLAS called directly |"
    yield "|---|---|"
    for name in names:
        yield f"| {name} | {spread([r[name] for r in runs])} |"


def threads_table(pairs):
    yield "| workload | speed of two threads over one |"
    yield "|---|---|"
    for name, values in pairs.items():
        yield f"| {name} | {spread(values)} |"


def threads():
    out = {}
    for _ in range(max(1, PAIRS // 2)):
        one, two = (ours("w1", 2, LEXIGRAD_THREADS=n) for n in ("1", "2"))
        out.setdefault("w1", []).append(one["seconds"] / two["seconds"])
        one, two = (ours("w4b", 7, LEXIGRAD_THREADS=n) for n in ("1", "2"))
        for name in ("exp", "tanh", "gelu", "softmax"):
            out.setdefault(name, []).append(two[name]["kept"] / one[name]["kept"])
    return out


def hello():
    def once(command):
        start = time.perf_counter()
        subprocess.run(command, shell=True, check=True, capture_output=True)
        return time.perf_counter() - start

    program, source = f"{BUILD}/bench/lexigrad_hello", f"{HERE}/hello.cpp"
    compiling = median([once(f"c++ -std=c++20 -O2 -I{BUILD}/include -c {source} -o {BUILD}/hello.o") for _ in range(5)])
    starting = median([once(f"exec {program}") for _ in range(30)])
    once(f"strip {program} -o {BUILD}/hello.stripped")
    return f"A program with one Embedding and one step: compiled in {compiling:.2f} s, runs in {starting * 1e3:.1f} ms, {os.path.getsize(f'{BUILD}/hello.stripped') / 1e6:.2f} MB without the BLAS."


def main():
    results, elementwise, products, attention, generation = {}, [], [], [], []
    for _ in range(PAIRS):
        for workload, variants, names, steps in STEPS:
            best = min((theirs(workload, v, steps) for v in variants), key=lambda r: r["seconds"])
            for name in names:
                results.setdefault(name, []).append((ours(name, steps), best))
        elementwise.append((ours("w4b", 9), theirs("w4b", "plain", 9)))
        products.append(ours("gemm", 7))
        attention.append((ours("attention", 11), theirs("attention", "plain", 11)))
        generation.append((ours("generate", 3), theirs("generate", "plain", 3)))
    version = results["w1"][0][1]["version"]
    lines = [
        "# Benchmarks",
        "",
        f"Written by `script/bench` on {datetime.date.today()}: {machine()}; PyTorch {version}; median of {PAIRS} pairs of processes in turn.",
        "Machines differ and drift: only the ratios, each taken within one pair, mean something. PyTorch's side is its best variant",
        "of each pair (plain, fused Adam, linear_cross_entropy with fused Adam).",
        "",
        *steps_table(results),
        "",
        "- w1: Embedding(50257, 256) + positions -> Linear without bias -> cross entropy, 8 x 256 tokens, Adam, fresh ids every step.",
        "- w1s: the same with 8 x 4 tokens; Adam in `dense` mode skips only rows that have never had a gradient (exact), `w1s-lazy` all rows outside the batch.",
        "- w4a: 1000 chained adds on (8, 4, 3), forward and backward; and forward only under NoGrad.",
        "- w4c: a table of 1M x 128, 8192 random ids a step: lookup, sum of squares, backward, SparseAdam (lazy Adam), steps 3 to 11; w4c-sgd with SGD.",
        "- w3: training step of GPT-2 124M, 4 x 64 tokens, AdamW, fresh ids every step, no dropout; the head's weight is the token table.",
        "",
        "## Attention, causal, forward and backward, heads of 64 numbers",
        *attention_table(attention),
        "",
        "## Generation",
        generation_line(generation),
        "",
        "## Elementwise ops, sums and rows, 8192 x 1024 floats",
        *elementwise_table(elementwise),
        "",
        "## Products in fixed tiles",
        *products_table(products),
        "",
        "## Threads",
        *threads_table(threads()),
        "",
        hello(),
        "",
    ]
    with open(OUT, "w") as f:
        f.write("\n".join(lines))
    print("\n".join(lines))


main()
