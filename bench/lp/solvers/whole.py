"""Programs in which some columns are whole numbers: branch and bound on exact relaxations.

A solver's tolerance of 1e-6 for what is whole decides nothing here. Its answer, with the whole numbers rounded and the
rest solved exactly, is only the first to be beaten; every bound of the search is an exact optimum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor

import numpy as np

from bench.errors import CertificateError
from bench.lp.program import Program, Status
from bench.lp.solvers.rational import LOWER, UPPER, Exact, optimum
from bench.lp.solvers.rational import Whole as Matrix
from bench.typing import FloatArray

#: A branch whose bound beats the best answer by less than this share of it is closed.
CLOSE = Fraction(1, 10**10)
#: What a number of steps is multiplied by before it is cut to a whole one.
_GENEROUS = 1 + Fraction(1, 10**9)
#: Branches that are looked into before the search is given up.
_MOST = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class BestWhole:
    """The best whole-number answer.

    Attributes
    ----------
    status : {"optimal", "infeasible", "unbounded"}
    program : Program
        The program with its whole numbers fixed.
    found : Exact
        Its optimum.
    """

    status: Status
    program: Program
    found: Exact


def best_whole(
    program: Program, basis: Callable[[Program], Sequence[int] | None], guess: FloatArray | None, label: str
) -> BestWhole:
    """Return the best answer and have it proven, to a share of 1e-10 of its value.

    Parameters
    ----------
    program : Program
        With ``integer``.
    basis : callable
        Says where to begin with a program; see :func:`bench.lp.solvers.rational.optimum`.
    guess : array (n,), optional
        A solution to begin with.
    label : str

    Raises
    ------
    CertificateError
        When 20,000 branches were not enough.
    """
    assert program.integer is not None
    whole = np.flatnonzero(program.integer).tolist()
    plain = replace(program, integer=None)
    sense = -1 if program.maximise else 1
    matrix = Matrix.of(plain)

    def relax(part: Program) -> Exact:
        return optimum(part, basis(part), matrix)

    root = relax(plain)
    if root.status != "optimal":
        return BestWhole(root.status, plain, root)
    best: BestWhole | None = None
    if guess is not None:
        best = _at(plain, whole, [round(value) for value in guess[whole].tolist()], relax)
    stack = [(plain, root)]
    for _ in range(_MOST):
        if not stack:
            break
        node, found = stack.pop()
        if best is not None and not _better(found.value, best.found.value, sense):
            continue
        parts = [(abs(found.x[j] - round(found.x[j])), j) for j in whole]
        part, at = max(parts, key=lambda pair: (pair[0], -pair[1]))
        if not part:
            fixed = _at(plain, whole, [int(found.x[j]) for j in whole], relax)
            best = fixed if fixed is not None else best
            continue
        if best is not None:
            node = _without_losers(node, found, abs(found.value - best.found.value), whole)
        # The side to which the number lies nearer is looked into first.
        value = found.x[at]
        sides = [(None, float(floor(value))), (float(ceil(value)), None)]
        if value - floor(value) <= Fraction(1, 2):
            sides.reverse()
        for low, high in sides:
            branch = _narrowed(node, at, low, high)
            if branch.column_lower[at] <= branch.column_upper[at]:
                inner = relax(branch)
                if inner.status == "optimal":
                    stack.append((branch, inner))
    else:
        raise CertificateError(
            f"{label + ': ' if label else ''}the best whole numbers were not proven in {_MOST} branches; numbers of "
            "like size help: measure the columns in other units, or count fewer of them"
        )
    return best or BestWhole("infeasible", plain, root)


def _better(bound: Fraction, value: Fraction, sense: int) -> bool:
    return sense * (value - bound) > CLOSE * abs(value)


def _without_losers(program: Program, found: Exact, room: Fraction, whole: list[int]) -> Program:
    """Return a program in which no whole number is further from its bound than its price leaves room for.

    Every step of a column away from the bound at which it lies takes its reduced cost from the program's optimum; what
    comes to less than the best answer so far need not be looked into (Dantzig, Fulkerson & Johnson 1954).
    """
    lower, upper = program.column_lower.copy(), program.column_upper.copy()
    price = np.abs(found.reduced)
    for j in whole:
        if price[j] > 0.0:
            # A reduced cost is right to ten digits: so is the number of steps that it allows.
            steps = float(floor(room / Fraction(float(price[j])) * _GENEROUS))
            if found.place[j] == LOWER:
                upper[j] = min(upper[j], lower[j] + steps)
            elif found.place[j] == UPPER:
                lower[j] = max(lower[j], upper[j] - steps)
    return replace(program, column_lower=lower, column_upper=upper)


def _at(program: Program, whole: list[int], values: list[int], relax: Callable[[Program], Exact]) -> BestWhole | None:
    """Return the best answer at these whole numbers, ``None`` when there is none."""
    low, high = program.column_lower.copy(), program.column_upper.copy()
    if any(not low[j] <= value <= high[j] for j, value in zip(whole, values, strict=True)):
        return None
    low[whole], high[whole] = values, values
    fixed = replace(program, column_lower=low, column_upper=high)
    found = relax(fixed)
    return BestWhole("optimal", fixed, found) if found.status == "optimal" else None


def _narrowed(program: Program, at: int, low: float | None, high: float | None) -> Program:
    lower, upper = program.column_lower, program.column_upper
    if low is not None:
        lower = lower.copy()
        lower[at] = max(low, lower[at])
    if high is not None:
        upper = upper.copy()
        upper[at] = min(high, upper[at])
    return replace(program, column_lower=lower, column_upper=upper)
