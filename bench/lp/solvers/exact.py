"""The optimum of one program without any rounding: a simplex method in whole numbers.

Every double is a whole number times a power of two, so a program with float coefficients has an exact optimum, and
where a table spans many powers of ten only that is certain. The inverse of the basis is kept as a matrix of whole
numbers and one common denominator, its determinant; a pivot divides without remainder (Edmonds 1967, Bareiss 1968).
Columns enter a working set when an exact price asks for them (Applegate, Cook, Dash & Espinoza 2007): all others are
priced in doubles with a bound on their rounding, and only those that might gain are priced in whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import Literal

import numpy as np

from bench.typing import BoolArray, FloatArray, IntArray

Outcome = Literal["optimal", "infeasible", "unbounded"]

#: Columns that join the working set after each look at all of them.
_JOINING = 8
#: Up to so many columns all of them are in the working set from the start.
_ALL = 24
_UNIT = 2.0**-53
#: Share of itself by which a point may lie outside a set through rounding alone.
HAIR = Fraction(1, 10**12)
#: Keys of columns: stored ones are their positions; β, the extra column, slacks and artificial ones are negative.
_BETA, _EXTRA, _SLACK, _ARTIFICIAL = -1, -2, -1_000, -1_000_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """The exact answer to one program.

    Attributes
    ----------
    status : {"optimal", "infeasible", "unbounded"}
    value : Fraction
        β; zero without an optimum, as everything else.
    weights : dict of int to Fraction
        Positive intensities by column.
    extra : Fraction
        Intensity of the program's own extra column.
    prices : list of Fraction
        q per row: ``q · g = 1``, not negative for inequalities, ``q · a_j ≤ 0`` for every column, and β is ``−q · b``.
    """

    status: Outcome
    value: Fraction
    weights: dict[int, Fraction]
    extra: Fraction
    prices: list[Fraction]


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """``max β subject to Aλ + e·extra ≥ b + βg``; every number exact.

    Attributes
    ----------
    b, g : sequence of Fraction (r,)
    equality : sequence of bool (r,)
    extra : sequence of Fraction (r,), optional
    exclude : int
        Column that may not be used, −1 for none.
    """

    b: Sequence[Fraction]
    g: Sequence[Fraction]
    equality: Sequence[bool]
    extra: Sequence[Fraction] | None = None
    exclude: int = -1


class Columns:
    """The common columns as exact numbers, worked out when they are asked for.

    Parameters
    ----------
    stored : array (n, d)
        p_j, one per row.
    rows : sequence of sequences of Fraction (r, d), optional
        What each row takes of a column: ``a_j = rows · p_j``; the stored coordinates themselves by default.
    """

    def __init__(self, stored: FloatArray, rows: Sequence[Sequence[Fraction]] | None = None):
        self.stored = stored
        self.rows = rows
        self.count = stored.shape[0]
        size = np.abs(stored).max(axis=0, initial=0.0)
        self._exponent = np.where(size > 0, np.frexp(size)[1], 0)
        self._scaled = np.ldexp(stored, -self._exponent)
        self._sizes = np.abs(self._scaled)
        self._last: Columns | None = None
        self._whole: dict[int, tuple[list[int], Fraction]] = {}

    def through(self, rows: Sequence[Sequence[Fraction]]) -> Columns:
        """Return the same columns with other rows; those that were the same the last time are known already."""
        if self._last is None or self._last.rows != rows:
            self._last = copy(self)
            self._last.rows, self._last._whole = rows, {}
        return self._last

    def exact(self, j: int) -> list[Fraction]:
        """Return p_j."""
        return [Fraction(value) for value in self.stored[j].tolist()]

    def whole(self, j: int) -> tuple[list[int], Fraction]:
        """Return a_j as whole numbers and the factor they stand for."""
        found = self._whole.get(j)
        if found is None:
            column = self.exact(j)
            taken = column if self.rows is None else [_dot(row, column) for row in self.rows]
            found = self._whole[j] = whole_numbers(taken)
        return found

    def gaining(self, prices: Sequence[Fraction], exclude: int, most: int) -> list[int]:
        """Return columns with ``prices · a_j > 0``, those that gain most for their size first; none if none gains."""
        q = self._stored_prices(prices)
        shifted = [value * _power(int(shift)) for value, shift in zip(q, self._exponent, strict=True)]
        largest = max((abs(value) for value in shifted), default=Fraction(0))
        if not largest:
            return []
        vector = np.array([float(value / largest) for value in shifted])
        gain = self._scaled @ vector
        terms = self._sizes @ np.abs(vector)
        # Coordinates below the smallest double and products of such are lost in the sum: 1e-290 covers them.
        suspects = np.flatnonzero(gain > -((len(vector) + 4) * _UNIT * terms + 1e-290))
        ranked = suspects[np.argsort(-gain[suspects] / np.maximum(terms[suspects], 1e-290), kind="stable")]
        found: list[int] = []
        for j in ranked.tolist():
            if j != exclude and _dot(q, self.exact(j)) > 0:
                found.append(j)
                if len(found) == most:
                    break
        return found

    def _stored_prices(self, prices: Sequence[Fraction]) -> list[Fraction]:
        if self.rows is None:
            return list(prices)
        return [_dot(prices, [row[i] for row in self.rows]) for i in range(self.stored.shape[1])]


def maximise(columns: Columns, question: Question, start: Iterable[int] = ()) -> Optimum:
    """Return the exact optimum of one program.

    Parameters
    ----------
    columns : Columns
    question : Question
    start : iterable of int
        Columns that are expected to carry weight, such as those of a solution in doubles: tried as a basis first.

    Examples
    --------
    >>> third = Columns(np.array([[-3.0, 1.0], [-1.0, 1.0]]))
    >>> own = Question([Fraction(-3), Fraction(1)], [Fraction(3), Fraction(0)], [False, False])
    >>> maximise(third, own).value
    Fraction(2, 3)
    """
    first = [j for j in dict.fromkeys(start) if 0 <= j < columns.count and j != question.exclude]
    if first:
        basis = _Basis(columns, question, first)
        if basis.crashed(first):
            return basis.run()
    return _Basis(columns, question, first).run()


def whole_numbers(values: Sequence[Fraction]) -> tuple[list[int], Fraction]:
    """Return whole numbers without a common divisor, and the factor that makes the values of them.

    Examples
    --------
    >>> whole_numbers([Fraction(1, 2), Fraction(3, 4)])
    ([2, 3], Fraction(1, 4))
    """
    denominator = lcm(*(value.denominator for value in values))
    whole = [value.numerator * (denominator // value.denominator) for value in values]
    divisor = gcd(*whole) or 1
    return [value // divisor for value in whole], Fraction(divisor, denominator)


def _dot(left: Sequence[Fraction], right: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True) if a and b), Fraction(0))


def _power(exponent: int) -> Fraction:
    return Fraction(2**exponent) if exponent >= 0 else Fraction(1, 2**-exponent)


class _Basis:
    """A basis with its inverse in whole numbers: ``inverse / det``; ``det`` is positive."""

    def __init__(self, columns: Columns, question: Question, first: Sequence[int]):
        self.columns, self.question = columns, question
        self.size = len(question.b)
        self.working = list(first)
        if columns.count <= _ALL:
            known = set(first)
            self.working += [j for j in range(columns.count) if j not in known and j != question.exclude]
        self.seen = set(self.working)
        self.b, self.factor = whole_numbers(question.b)
        self.heads: dict[int, tuple[list[int], Fraction]] = {}
        self.heads[_BETA] = whole_numbers([-value for value in question.g])
        if question.extra is not None:
            self.heads[_EXTRA] = whole_numbers(question.extra)
        for i in range(self.size):
            if not question.equality[i]:
                self.heads[_SLACK - i] = [-int(i == k) for k in range(self.size)], Fraction(1)
        self.members = [_ARTIFICIAL - i for i in range(self.size)]
        self.inverse = [[int(i == k) for k in range(self.size)] for i in range(self.size)]
        self.det = 1
        self.values = list(self.b)
        self.beta_place = -1
        if any(self.heads[_BETA][0]):
            row = max(range(self.size), key=lambda i: abs(self.heads[_BETA][0][i]))
            self._pivot(row, _BETA, self._coordinates(_BETA))
            self.beta_place = row
        self._turn_artificial()

    # -- the way to an optimum ---------------------------------------------------------------------------------

    def crashed(self, first: Sequence[int]) -> bool:
        """Bring in columns expected in the basis, then slacks; return whether the basis is feasible."""
        for key in (*first, *(key for key in self.heads if key != _BETA)):
            free = [i for i, member in enumerate(self.members) if member <= _ARTIFICIAL]
            if not free:
                break
            eta = self._coordinates(key)
            row = max(free, key=lambda i: abs(eta[i]))
            if eta[row]:
                self._pivot(row, key, eta)
        return all(
            i == self.beta_place or (value == 0 if self.members[i] <= _ARTIFICIAL else value >= 0)
            for i, value in enumerate(self.values)
        )

    def run(self) -> Optimum:
        """Make the artificial columns vanish, then maximise β; columns join as prices ask for them."""
        if not self._improve(self._lacking, self._short):
            raise AssertionError("the sum of artificial columns is bounded")
        if self._short():
            return self._without("infeasible")
        if self.beta_place < 0 or not self._improve(self._beta_prices, lambda: True):
            return self._without("unbounded")
        return self._optimum()

    def _improve(self, prices_of: Callable[[], list[int]], wanted: Callable[[], bool]) -> bool:
        """Pivot until no column gains; return False when one can enter without end."""
        careful = False
        while wanted():
            prices = prices_of()
            entering = self._entering(prices, careful)
            if entering is None:
                joining = self.columns.gaining(
                    [Fraction(-price, self.det) for price in prices], self.question.exclude, _JOINING
                )
                new = [j for j in joining if j not in self.seen]
                if not new:
                    return True
                self.working += new
                self.seen.update(new)
                continue
            eta = self._coordinates(entering)
            row = self._leaving(eta)
            if row < 0:
                return False
            # After a step that moves nothing the least key enters (Bland 1977), so that no basis comes back.
            careful = self.values[row] == 0
            self._pivot(row, entering, eta)
        return True

    def _entering(self, prices: Sequence[int], careful: bool) -> int | None:
        best, found = 0.0, None
        members = set(self.members)
        for key in (*self.heads, *self.working):
            if key in members:
                continue
            whole = self._column(key)
            gain = -sum(price * value for price, value in zip(prices, whole, strict=True) if price and value)
            if gain <= 0:
                continue
            if careful:
                found = key if found is None else min(found, key)
                continue
            merit = gain / sum(abs(price * value) for price, value in zip(prices, whole, strict=True))
            if found is None or merit > best:
                best, found = merit, key
        return found

    def _leaving(self, eta: Sequence[int]) -> int:
        """Return the place that stops an entering column, −1 for none; an artificial column at zero always does."""
        row = -1
        for i, by in enumerate(eta):
            if i == self.beta_place or not by:
                continue
            if self.members[i] <= _ARTIFICIAL and self.values[i] == 0:
                return i
            if by < 0:
                continue
            if row >= 0:
                mine, best = self.values[i] * eta[row], self.values[row] * by
                if mine > best or (mine == best and self.members[i] > self.members[row]):
                    continue
            row = i
        return row

    # -- the inverse -------------------------------------------------------------------------------------------

    def _column(self, key: int) -> list[int]:
        return self.heads[key][0] if key < 0 else self.columns.whole(key)[0]

    def _coordinates(self, key: int) -> list[int]:
        whole = self._column(key)
        used = [(k, value) for k, value in enumerate(whole) if value]
        return [sum(row[k] * value for k, value in used) for row in self.inverse]

    def _pivot(self, row: int, key: int, eta: Sequence[int]) -> None:
        pivot, before = eta[row], self.det
        base, level = self.inverse[row], self.values[row]
        for i, by in enumerate(eta):
            if i == row:
                continue
            mine = self.inverse[i]
            if by:
                self.inverse[i] = [(x * pivot - by * y) // before for x, y in zip(mine, base, strict=True)]
            else:
                self.inverse[i] = [x * pivot // before for x in mine]
            self.values[i] = (self.values[i] * pivot - by * level) // before
        self.members[row], self.det = key, pivot
        if pivot < 0:
            self.det = -pivot
            self.inverse = [[-x for x in mine] for mine in self.inverse]
            self.values = [-x for x in self.values]

    def _turn_artificial(self) -> None:
        """Give artificial columns the sign in which their values are not negative."""
        for i, value in enumerate(self.values):
            if self.members[i] <= _ARTIFICIAL and value < 0:
                self.inverse[i] = [-x for x in self.inverse[i]]
                self.values[i] = -value

    # -- prices and answers ------------------------------------------------------------------------------------

    def _short(self) -> bool:
        return any(value for value, member in zip(self.values, self.members, strict=True) if member <= _ARTIFICIAL)

    def _lacking(self) -> list[int]:
        """Return prices of the rows for the sum of the artificial columns, to be made small."""
        rows = [row for row, member in zip(self.inverse, self.members, strict=True) if member <= _ARTIFICIAL]
        return [-sum(row[k] for row in rows) for k in range(self.size)]

    def _beta_prices(self) -> list[int]:
        return self.inverse[self.beta_place]

    def _without(self, status: Outcome) -> Optimum:
        return Optimum(status, Fraction(0), {}, Fraction(0), [Fraction(0)] * self.size)

    def _optimum(self) -> Optimum:
        level: dict[int, Fraction] = {}
        for member, value in zip(self.members, self.values, strict=True):
            if member > _ARTIFICIAL and value:
                scale = self.heads[member][1] if member < 0 else self.columns.whole(member)[1]
                level[member] = Fraction(value, self.det) * self.factor / scale
        scale = self.heads[_BETA][1]
        prices = [Fraction(-price, self.det) / scale for price in self._beta_prices()]
        return Optimum(
            "optimal",
            level.get(_BETA, Fraction(0)),
            {key: value for key, value in level.items() if key >= 0},
            level.get(_EXTRA, Fraction(0)),
            prices,
        )


def exact_row(values: FloatArray | IntArray | BoolArray) -> list[Fraction]:
    """Return floats as the numbers they are."""
    return [Fraction(value) for value in values.tolist()]


def lowered(b: Sequence[Fraction], equality: Sequence[bool]) -> list[Fraction]:
    """Return a point that lies lower by a share of 1e-12 in every inequality.

    Examples
    --------
    >>> lowered([Fraction(1), Fraction(-1), Fraction(1)], [False, False, True])[2]
    Fraction(1, 1)
    """
    return [value if fixed else value - abs(value) * HAIR for value, fixed in zip(b, equality, strict=False)]


def with_tail(value: Fraction) -> tuple[float, float]:
    """Return the double next to a number and the double next to what is then missing.

    Examples
    --------
    >>> with_tail(1 - Fraction(1, 10**40))
    (1.0, -1e-40)
    """
    try:
        head = float(value)
    except OverflowError:
        return (float("inf") if value > 0 else float("-inf")), 0.0
    return head, float(value - Fraction(head))
