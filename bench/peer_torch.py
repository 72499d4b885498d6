"""The same workloads by PyTorch: peer_torch.py w1|w1s|w3|w4a|w4b|w4c|attention|generate VARIANT STEPS, one a process; prints one JSON line.
Variants of w1, w1s and w3: plain, fused (Adam), linear_ce (linear_cross_entropy and fused Adam)."""
import json
import resource
import statistics
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

VOCABULARY, DIM = 50257, 256


def seconds(f):
    start = time.perf_counter()
    f()
    return time.perf_counter() - start


def next_token(batch, length, variant, steps):
    token, position = nn.Embedding(VOCABULARY, DIM), nn.Embedding(length, DIM)
    head = nn.Linear(DIM, VOCABULARY, bias=False)
    parameters = [p for module in (token, position, head) for p in module.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=1e-3, fused=variant != "plain")

    def step():  # fresh ids every step
        ids, targets = torch.randint(0, VOCABULARY, (batch, length)), torch.randint(0, VOCABULARY, (batch * length,))
        optimizer.zero_grad()
        hidden = (token(ids) + position(torch.arange(length))).view(-1, DIM)
        if variant == "linear_ce":
            loss = F.linear_cross_entropy(hidden, head.weight, targets)
        else:
            loss = F.cross_entropy(head(hidden), targets)
        loss.backward()
        optimizer.step()

    for _ in range(2):
        step()
    taken = [seconds(step) for _ in range(steps)]
    return {"seconds": statistics.median(taken), "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def op_cost(repeats):
    a, b = (torch.randn(8, 4, 3, requires_grad=True) for _ in range(2))

    def chain():
        y = a
        for _ in range(1000):
            y = y + b
        return y

    both = [seconds(lambda: chain().sum().backward()) for _ in range(repeats)]
    with torch.no_grad():
        forward = [seconds(chain) for _ in range(repeats)]
    return {"seconds": statistics.median(both) / 1000, "forward": statistics.median(forward) / 1000}


def table_step(variant, repeats):
    table = nn.Embedding(1_000_000, 128, sparse=True)
    if variant == "adam":
        optimizer = torch.optim.SparseAdam(table.parameters(), lr=1e-3)
    else:
        optimizer = torch.optim.SGD(table.parameters(), lr=0.1)
    def step():
        optimizer.zero_grad()
        table(torch.randint(0, 1_000_000, (8192,))).pow(2).sum().backward()
        optimizer.step()

    taken = [seconds(step) for _ in range(60 + repeats)]
    return {"seconds": statistics.median(taken[2:11]), "later": statistics.median(taken[60:])}


def elementwise(repeats):
    shape = (8192, 1024)
    a, b, positive, out = torch.randn(shape), torch.randn(shape), torch.rand(shape) + 0.1, torch.empty(shape)
    weight, bias = torch.randn(1024), torch.randn(1024)
    mean, scale = torch.empty(8192, 1), torch.empty(8192, 1)
    cases = {  # arrays read and written, with a fresh result, with a given one
        "add": (3, lambda: a + b, lambda: torch.add(a, b, out=out)),
        "sum": (1, lambda: a.sum(), lambda: a.sum()),
        "exp": (2, lambda: a.exp(), lambda: torch.exp(a, out=out)),
        "log": (2, lambda: positive.log(), lambda: torch.log(positive, out=out)),
        "tanh": (2, lambda: a.tanh(), lambda: torch.tanh(a, out=out)),
        "gelu": (2, lambda: F.gelu(a), lambda: torch._C._nn.gelu(a, out=out)),
        "softmax": (2, lambda: torch.softmax(a, -1), lambda: torch.softmax(a, -1, out=out)),
        "layer_norm": (
            2,
            lambda: F.layer_norm(a, (1024,), weight, bias),
            lambda: torch.ops.aten.native_layer_norm.out(a, [1024], weight, bias, 1e-5, out0=out, out1=mean, out2=scale),
        ),
    }

    def rate(arrays, f):
        f()
        return arrays * a.numel() * 4 / statistics.median(seconds(f) for _ in range(repeats)) * 1e-9

    with torch.no_grad():
        return {name: {"fresh": rate(n, fresh), "kept": rate(n, given)} for name, (n, fresh, given) in cases.items()}


class Gpt2(nn.Module):
    """124M unless told otherwise, without dropout; F.scaled_dot_product_attention; the head's weight is the token table."""

    class Block(nn.Module):
        def __init__(self, dim, heads):
            super().__init__()
            self.heads = heads
            self.norm1, self.norm2 = nn.LayerNorm(dim), nn.LayerNorm(dim)
            self.qkv, self.project = nn.Linear(dim, 3 * dim), nn.Linear(dim, dim)
            self.expand, self.contract = nn.Linear(dim, 4 * dim), nn.Linear(4 * dim, dim)

        def forward(self, x, cache=None):
            batch, length, dim = x.shape
            q, k, v = (part.view(batch, length, self.heads, -1).transpose(1, 2) for part in self.qkv(self.norm1(x)).split(dim, 2))
            if cache is not None:
                if cache:
                    k, v = torch.cat((cache[0], k), 2), torch.cat((cache[1], v), 2)
                cache[:] = [k, v]
            y = F.scaled_dot_product_attention(q, k, v, is_causal=length > 1)
            x = x + self.project(y.transpose(1, 2).reshape(batch, length, dim))
            return x + self.contract(F.gelu(self.expand(self.norm2(x)), approximate="tanh"))

    def __init__(self, dim=768, layers=12, heads=12, vocabulary=VOCABULARY, max_length=1024):
        super().__init__()
        self.token, self.position = nn.Embedding(vocabulary, dim), nn.Embedding(max_length, dim)
        self.blocks = nn.ModuleList(self.Block(dim, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(dim)

    def hidden(self, ids, start=0, cache=None):
        x = self.token(ids) + self.position(torch.arange(start, start + ids.shape[1]))
        for i, block in enumerate(self.blocks):
            x = block(x, None if cache is None else cache[i])
        return self.norm(x)


def gpt2_step(variant, steps):
    model = Gpt2()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=variant != "plain")

    def step():  # fresh ids every step
        ids, targets = torch.randint(0, VOCABULARY, (4, 64)), torch.randint(0, VOCABULARY, (256,))
        optimizer.zero_grad()
        hidden = model.hidden(ids).view(256, -1)
        if variant == "linear_ce":
            loss = F.linear_cross_entropy(hidden, model.token.weight, targets)
        else:
            loss = F.cross_entropy(F.linear(hidden, model.token.weight), targets)
        loss.backward()
        optimizer.step()

    for _ in range(2):
        step()
    taken = [seconds(step) for _ in range(steps)]
    return {"seconds": statistics.median(taken), "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def attention(repeats):
    out = {}
    for batch, length, heads in ((4, 64, 12), (4, 256, 12), (1, 1024, 12), (1, 4096, 4)):
        q, k, v = (torch.randn(batch, length, heads, 64).transpose(1, 2).requires_grad_() for _ in range(3))
        dy = torch.randn(batch, heads, length, 64)

        def step():
            torch.autograd.grad(F.scaled_dot_product_attention(q, k, v, is_causal=True), (q, k, v), dy)

        step()
        out[str(length)] = statistics.median(seconds(step) for _ in range(3 if length > 1024 else repeats))
    return out


def generate(repeats):
    model, rates = Gpt2().eval(), []

    def text():
        ids, cache, start = torch.randint(0, VOCABULARY, (1, 16)), [[] for _ in model.blocks], 0
        for _ in range(64):
            hidden = model.hidden(ids, start, cache)
            start += ids.shape[1]
            ids = F.linear(hidden[:, -1], model.token.weight).argmax(-1, keepdim=True)

    with torch.no_grad():
        for _ in range(repeats + 1):
            rates.append(64 / seconds(text))
    return {"tokens_per_second": statistics.median(rates[1:])}


if __name__ == "__main__":
    workload, variant, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
    torch.manual_seed(1)
    if workload == "w4a":
        result = op_cost(steps)
    elif workload == "w4b":
        result = elementwise(steps)
    elif workload == "w3":
        result = gpt2_step(variant, steps)
    elif workload == "attention":
        result = attention(steps)
    elif workload == "generate":
        result = generate(steps)
    elif workload == "w4c":
        result = table_step(variant, steps)
    else:
        result = next_token(8, 256 if workload == "w1" else 4, variant, steps)
    print(json.dumps({"workload": workload, "variant": variant, **result, "version": torch.__version__}))
