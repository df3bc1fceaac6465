"""A textbook simplex in fractions, whole tableau and least index first: slow, and right to the last digit."""

from __future__ import annotations

from fractions import Fraction


def largest(A, b, c):
    """Return the status and ``max c·x`` subject to ``A x = b, x ≥ 0``, everything a fraction.

    Two phases on the whole tableau; the entering and the leaving variable are those of least index (Bland 1977).
    """
    rows, columns = len(A), len(A[0])
    table = []
    for i in range(rows):
        sign = -1 if b[i] < 0 else 1
        unit = [Fraction(int(i == k)) for k in range(rows)]
        table.append([sign * v for v in A[i]] + unit + [sign * b[i]])
    basis = [columns + i for i in range(rows)]
    artificial = [Fraction(0)] * columns + [Fraction(-1)] * rows
    _pivot_to_end(table, basis, artificial, columns + rows)
    if any(table[i][-1] != 0 for i in range(rows) if basis[i] >= columns):
        return "infeasible", None
    for i in range(rows):
        if basis[i] >= columns:
            entering = next((j for j in range(columns) if table[i][j] != 0), None)
            if entering is not None:
                _exchange(table, basis, i, entering)
    kept = [i for i in range(rows) if basis[i] < columns]
    table, basis = [table[i][:columns] + table[i][-1:] for i in kept], [basis[i] for i in kept]
    if not _pivot_to_end(table, basis, list(c), columns):
        return "unbounded", None
    return "optimal", sum((c[j] * row[-1] for j, row in zip(basis, table, strict=True)), Fraction(0))


def _pivot_to_end(table, basis, c, columns):
    while True:
        entering = None
        for j in range(columns):
            if j not in basis:
                gain = c[j] - sum(c[basis[i]] * table[i][j] for i in range(len(basis)))
                if gain > 0:
                    entering = j
                    break
        if entering is None:
            return True
        ratios = [(table[i][-1] / table[i][entering], basis[i], i) for i in range(len(basis)) if table[i][entering] > 0]
        if not ratios:
            return False
        _exchange(table, basis, min(ratios)[2], entering)


def _exchange(table, basis, row, column):
    pivot = table[row][column]
    table[row] = [v / pivot for v in table[row]]
    for i in range(len(table)):
        if i != row and table[i][column]:
            by = table[i][column]
            table[i] = [v - by * w for v, w in zip(table[i], table[row], strict=True)]
    basis[row] = column


def largest_step(P, b, g, equality, exclude=-1):
    """Return the status and β of ``max β, Pλ ≥ b + βg, λ ≥ 0`` with the floats taken as the numbers they are."""
    kept = [j for j in range(len(P)) if j != exclude]
    A, c = [], []
    loose = [i for i in range(len(b)) if not equality[i]]
    for i in range(len(b)):
        slack = [Fraction(-int(i == k)) for k in loose]
        A.append([Fraction(P[j][i]) for j in kept] + [-Fraction(g[i]), Fraction(g[i])] + slack)
    c = [Fraction(0)] * len(kept) + [Fraction(1), Fraction(-1)] + [Fraction(0)] * len(loose)
    return largest(A, [Fraction(v) for v in b], c)


def largest_sum(P, b, w, constrained, equality, normal=None):
    """Return the status and value of ``max w·(Pλ), Pλ ≥ b on the constrained rows, a·(Pλ) = 1``."""
    loose = [i for i in range(len(b)) if constrained[i] and not equality[i]]
    A, right = [], []
    for i in range(len(b)):
        if constrained[i]:
            A.append([Fraction(p[i]) for p in P] + [Fraction(-int(i == k)) for k in loose])
            right.append(Fraction(b[i]))
    if normal is not None:
        A.append([sum(Fraction(v) * Fraction(a) for v, a in zip(p, normal, strict=True)) for p in P])
        A[-1] += [Fraction(0)] * len(loose)
        right.append(Fraction(1))
    c = [sum(Fraction(v) * Fraction(a) for v, a in zip(p, w, strict=True)) for p in P] + [Fraction(0)] * len(loose)
    return largest(A, right, c)
