#!/usr/bin/env python3
"""Prints the coefficients of math-inl.h and their errors. Needs mpmath.

Each function is interpolated in 80 digits at Chebyshev nodes: within a small factor of the best fit.
"""
from mpmath import cos, erfc, exp, log, lu_solve, matrix, mp, mpf, nstr, pi, sqrt

mp.dps = 80


def nodes(count, low, high):
    return [(low + high) / 2 + (high - low) / 2 * cos(pi * (2 * i + 1) / (2 * count)) for i in range(count)]


def value(coefficients, x):
    return sum(c * x**i for i, c in enumerate(coefficients))


def rational(f, points, top, bottom):
    """P (degree top) and Q (degree bottom, Q(0) = 1) with P = f Q at the top + bottom + 1 points."""
    size = top + bottom + 1
    a, b = matrix(size, size), matrix(size, 1)
    for row, x in enumerate(points):
        y = f(x)
        for j in range(top + 1):
            a[row, j] = x**j
        for j in range(1, bottom + 1):
            a[row, top + j] = -y * x**j
        b[row] = y
    s = list(lu_solve(a, b))
    return s[: top + 1], [mpf(1)] + s[top + 1 :]


def show(name, coefficients):
    print(f"  {name}:", ", ".join(nstr(c, 20) for c in coefficients))


def exponential(degree):
    """(exp(r) - 1 - r) / r^2 on |r| <= ln 2 / 2."""
    half = log(2) / 2 * mpf("1.0001")
    series = lambda r: mpf(1) / 2 if abs(r) < 1e-20 else (exp(r) - 1 - r) / r**2
    p, _ = rational(series, nodes(degree + 1, -half, half), degree, 0)
    grid = [half * i / 500 for i in range(-500, 501)]
    error = max(abs((1 + r + r * r * value(p, r)) / exp(r) - 1) for r in grid)
    print(f"exp, degree {degree + 2}, error {nstr(error, 3)}")
    show("p", p)


def mills(top, limit, k):
    """(1 - Phi(a)) / exp(-a^2 / 2), Mills ratio / sqrt(2 pi), on 0 <= a <= limit; nodes spread over s = a / (a + k)."""
    ratio = lambda a: erfc(a / sqrt(mpf(2))) * exp(a * a / 2) / 2
    end = mpf(limit) / (limit + k)
    back = lambda s: k * s / (1 - s)
    p, q = rational(ratio, [back(s) for s in nodes(2 * top + 2, mpf(0), end)], top, top + 1)
    grid = [back(end * i / 2000) for i in range(2001)]
    error = max(abs(value(p, a) / value(q, a) / ratio(a) - 1) for a in grid)
    print(f"Mills ratio, degrees {top} / {top + 1}, a <= {limit}, error {nstr(error, 3)}")
    show("p", p)
    show("q", q)


exponential(4)
exponential(10)
mills(4, 15, 3)
mills(10, 40, 4)
