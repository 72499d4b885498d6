"""Times lexigrad beside PyTorch, processes in turn, and writes docs/benchmarks.md: compare.py BENCH_PROGRAM PAIRS OUT.
Each pair is one lexigrad process and one process of every PyTorch variant; ratios are taken within a pair, against the
pair's best variant, and their median is reported."""
import datetime
import json
import os
import statistics
import subprocess
import sys

BENCH, PAIRS, OUT = sys.argv[1], int(sys.argv[2]), sys.argv[3]
PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peer_torch.py")
WORKLOADS = {"w1": (["w1"], 3), "w1s": (["w1s", "w1s-lazy"], 15), "w4a": (["w4a"], 51)}
VARIANTS = {"w1": ["plain", "linear_ce"], "w1s": ["plain", "fused", "linear_ce"], "w4a": ["plain"]}


def run(command):
    print("  " + " ".join(map(str, command)), file=sys.stderr)
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def median(values):
    return statistics.median(values)


def spread(values):
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def machine():
    with open("/proc/cpuinfo") as f:
        names = [line.split(":")[1].strip() for line in f if line.startswith("model name")]
    return f"{names[0]}, {len(os.sched_getaffinity(0))} cores"


def measure():
    results = {name: [] for ours, _ in WORKLOADS.values() for name in ours}
    for _ in range(PAIRS):
        for workload, (ours, steps) in WORKLOADS.items():
            theirs = [run([sys.executable, PEER, workload, v, steps]) for v in VARIANTS[workload]]
            best = min(theirs, key=lambda r: r["seconds"])
            for name in ours:
                results[name].append((run([BENCH, name, steps]), best))
    return results


def rows(results):
    for name, pairs in results.items():
        unit, digits = (1e6, 3) if name == "w4a" else (1e3, 1)
        mine, best = median([a["seconds"] for a, _ in pairs]) * unit, median([b["seconds"] for _, b in pairs]) * unit
        ratio = spread([b["seconds"] / a["seconds"] for a, b in pairs])
        if name == "w4a":
            other = f"no_grad {median([a['forward'] for a, _ in pairs]) * unit:.3f} us against {median([b['forward'] for _, b in pairs]) * unit:.3f} us"
        else:
            memory = median([a["peak_mb"] / b["peak_mb"] for a, b in pairs])
            other = f"{median([a['seconds'] / a['products'] for a, _ in pairs]):.2f}x its three products; peak memory {median([a['peak_mb'] for a, _ in pairs]):.0f} MB, {memory:.2f}x"
        label = {"us": "us an op", "ms": "ms a step"}["us" if name == "w4a" else "ms"]
        yield f"| {name} | {best:.{digits}f} ({pairs[0][1]['variant']}) | {mine:.{digits}f} | {label} | {ratio} | {other} |"


def main():
    results = measure()
    version = next(iter(results.values()))[0][1]["version"]
    lines = [
        "# Benchmarks",
        "",
        f"Written by `script/bench` on {datetime.date.today()}: {machine()}; PyTorch {version}; median of {PAIRS} pairs of processes in turn.",
        "Machines differ and drift: only the ratios, each taken within one pair, mean something. PyTorch's side is its best variant",
        "of each pair (plain, fused Adam, linear_cross_entropy with fused Adam).",
        "",
        "| workload | PyTorch | lexigrad | | times faster: median (range) | |",
        "|---|---|---|---|---|---|",
        *rows(results),
        "",
        "- w1: Embedding(50257, 256) + positions -> Linear without bias -> cross entropy, 8 x 256 tokens, Adam, fresh ids every step.",
        "- w1s: the same with 8 x 4 tokens; Adam in `dense` mode skips only rows that have never had a gradient (exact), `w1s-lazy` all rows outside the batch.",
        "- w4a: 1000 chained adds on (8, 4, 3), forward and backward; and forward only under NoGrad.",
        "",
    ]
    with open(OUT, "w") as f:
        f.write("\n".join(lines))
    print("\n".join(lines))


main()
