"""Trains the same small GPT on the same text by `lexigrad train` and by PyTorch, three seeds each, and writes the held-out
loss per byte and both curves: shakespeare.py LEXIGRAD TEXT OUT.md OUT.svg [STEPS]. Starting values follow the same
distributions, windows the same cut; draws and orders are each one's own."""
import json
import math
import os
import subprocess
import sys
import tempfile

import torch
import torch.nn.functional as F

from peer_torch import Gpt2

LEXIGRAD, TEXT, OUT, PLOT = sys.argv[1:5]
STEPS = int(sys.argv[5]) if len(sys.argv) > 5 else 400
DIM, LAYERS, HEADS, CONTEXT, BATCH, LR, WARMUP, DECAY, CLIP = 192, 6, 6, 128, 8, 1e-3, 40, 0.1, 1.0
SEEDS, EVALUATIONS = (1, 2, 3), 20


def ours(seed, folder):
    run = f"{folder}/run{seed}"
    flags = {"encoder": "attention", "layers": LAYERS, "heads": HEADS, "dim": DIM, "context": CONTEXT, "batch": BATCH,
             "optimizer": "adamw", "lr": LR, "schedule": "cosine", "warmup": WARMUP, "weight-decay": DECAY,
             "clip-norm": CLIP, "steps": STEPS, "seed": seed}
    command = [LEXIGRAD, "train", TEXT, "--out", run, "--tied"] + [str(x) for k, v in flags.items() for x in ("--" + k, v)]
    subprocess.run(command, check=True, capture_output=True)
    with open(f"{run}/log.jsonl") as f:
        entries = [json.loads(line) for line in f]
    return [(e["step"], e["validation"]) for e in entries if e.get("validation") is not None], entries[-1]["seconds"]


def windows(ids):
    count = (len(ids) - 1) // CONTEXT
    return torch.stack([ids[i * CONTEXT : i * CONTEXT + CONTEXT + 1] for i in range(count)])


def start_small(model):
    for name, p in model.named_parameters():
        if "norm" in name:
            continue
        deviation = 0.02 / math.sqrt(2 * LAYERS) if ".project." in name or ".contract." in name else 0.02
        p.data.zero_() if name.endswith("bias") else p.data.normal_(0, deviation)


def theirs(seed, training, held_out, vocabulary):
    torch.manual_seed(seed)
    model = Gpt2(DIM, LAYERS, HEADS, vocabulary, CONTEXT)
    start_small(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=LR, weight_decay=DECAY, fused=True)

    def loss_of(batch):
        hidden = model.hidden(batch[:, :-1])
        return F.cross_entropy(F.linear(hidden, model.token.weight).flatten(0, 1), batch[:, 1:].flatten(), reduction="sum")

    def validation():
        with torch.no_grad():
            return sum(loss_of(b).item() for b in held_out.split(BATCH)) / (len(held_out) * CONTEXT)

    curve, order = [(0, validation())], []
    for step in range(STEPS):
        if len(order) < BATCH:
            order = torch.randperm(len(training)).tolist()
        batch, order = training[order[:BATCH]], order[BATCH:]
        rate = (step + 1) / (WARMUP + 1) if step < WARMUP else (1 + math.cos(math.pi * (step - WARMUP) / (STEPS - WARMUP))) / 2
        optimizer.param_groups[0]["lr"] = LR * rate
        optimizer.zero_grad()
        (loss_of(batch) / (BATCH * CONTEXT)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
        optimizer.step()
        if (step + 1) % max(1, STEPS // EVALUATIONS) == 0 or step + 1 == STEPS:
            curve.append((step + 1, validation()))
    return curve


def plot(curves, scale):
    """Held-out loss per byte by step, one line for each run."""
    width, height, left, bottom = 720, 400, 60, 40
    points = [(x, y * scale) for runs in curves.values() for run in runs for x, y in run]
    low, high = min(y for _, y in points), max(y for _, y in points)
    place = lambda x, y: (left + x / STEPS * (width - left - 110), 20 + (high - y * scale) / (high - low) * (height - 20 - bottom))
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="white"/>']
    for tick in range(6):
        y = low + (high - low) * tick / 5
        out.append(f'<text x="8" y="{place(0, y / scale)[1] + 4:.1f}">{y:.2f}</text>')
        out.append(f'<line x1="{left}" x2="{width - 110}" y1="{place(0, y / scale)[1]:.1f}" y2="{place(0, y / scale)[1]:.1f}" stroke="#ddd"/>')
        out.append(f'<text x="{place(STEPS * tick / 5, 0)[0] - 8:.1f}" y="{height - 18}">{STEPS * tick // 5}</text>')
    for (name, runs), (colour, dash) in zip(curves.items(), (("#08306b", ""), ("#d9480f", "5 3"))):
        for run in runs:
            line = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(*p) for p in run))
            out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5" stroke-dasharray="{dash}"/>')
        last = place(*runs[0][-1])
        out.append(f'<text x="{last[0] + 6:.1f}" y="{last[1] + (4 if dash else -8):.1f}" fill="{colour}">{name}</text>')
    out.append(f'<text x="{width // 2 - 60}" y="{height - 4}">step</text><text x="8" y="12">held-out loss, nats a byte</text></svg>')
    with open(PLOT, "w") as f:
        f.write("\n".join(out) + "\n")


def main():
    with tempfile.TemporaryDirectory() as folder:
        mine, seconds = zip(*(ours(seed, folder) for seed in SEEDS))
        with open(TEXT, "rb") as f:
            text = f.read()
        done = subprocess.run([LEXIGRAD, "tokenize", "--run", f"{folder}/run1"], input=text, capture_output=True, check=True)
    ids = torch.tensor([int(i) for i in done.stdout.split()])
    cut = len(ids) - int(len(ids) * 0.1)
    training, held_out = windows(ids[:cut]), windows(ids[cut:])
    others = [theirs(seed, training, held_out, int(ids.max()) + 3) for seed in SEEDS]
    scale = len(ids) / len(text)  # tokens a byte
    last = [[run[-1][1] * scale for run in runs] for runs in (mine, others)]
    means = [sum(values) / len(values) for values in last]
    plot({"lexigrad": mine, "PyTorch": others}, scale)
    lines = [
        "# The same small GPT by lexigrad and by PyTorch",
        "",
        f"{LAYERS} layers, {DIM} wide, {HEADS} heads, {CONTEXT} tokens; {STEPS} steps of {BATCH} windows, AdamW, cosine; words as tokens.",
        "Held-out loss in nats a byte of the text, at the end:",
        "",
        "| seed | lexigrad | PyTorch |",
        "|---|---|---|",
        *(f"| {s} | {a:.4f} | {b:.4f} |" for s, a, b in zip(SEEDS, *last)),
        f"| mean | {means[0]:.4f} | {means[1]:.4f} |",
        "",
        f"lexigrad's mean is {100 * (means[0] / means[1] - 1):+.2f} % of PyTorch's. A run takes lexigrad {sorted(seconds)[1]:.0f} s here.",
        "",
        f"![held-out loss by step]({os.path.basename(PLOT)})",
        "",
    ]
    with open(OUT, "w") as f:
        f.write("\n".join(lines))
    print("\n".join(lines))


main()
