"""The optimum of any linear program without rounding: a simplex method with bounds, in whole numbers.

Every double is a whole number times a power of two, so a program with float coefficients is one in whole numbers. A
solver in doubles says which basis is best; here that basis is solved and priced exactly, and where it is not the best
one, pivots go on from it until one is (Applegate, Cook, Dash & Espinoza 2007). Rows are columns of their own
(``Ax − s = 0``), so that a basis has as many unknowns as it has structural columns: the smaller of rows and columns.

Most columns and rows are looked at in doubles with a bound on their rounding; only those that might matter are looked
at exactly. Nothing of the answer rests on a tolerance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from bench.lp.program import Program, Status
from bench.typing import FloatArray, IntArray

#: Where a variable is: in the basis, at its lower or upper bound, or at zero without any.
BASIC, LOWER, UPPER, FREE = 0, 1, 2, 3
_UNIT = 2.0**-53
#: Sizes outside which doubles may underflow in a product: nothing is told from them then.
_SMALL, _LARGE = 1e-140, 1e140
#: Share of itself by which a reduced cost may be off.
_CLOSE = 1e-10
#: Bits of a double's whole number.
_BITS = 53


@dataclass(frozen=True, slots=True, eq=False)
class Exact:
    """The exact answer to a program.

    Attributes
    ----------
    status : {"optimal", "infeasible", "unbounded"}
    value : Fraction
        Optimal objective; zero without an optimum.
    x : list of Fraction (n,)
    duals : list of Fraction (r,)
        Change of the objective per unit of the row's binding bound.
    reduced : array (n,)
        ``c − A' duals``, zero only where it is, and right to ten digits at least.
    place : list of int (n + r,)
        Where each column and then each row's activity is.
    pivots : int
        Steps taken from the basis it began with.
    """

    status: Status
    value: Fraction
    x: list[Fraction]
    duals: list[Fraction]
    reduced: FloatArray
    place: list[int]
    pivots: int


def optimum(program: Program, place: Sequence[int] | None = None, matrix: Whole | None = None) -> Exact:
    """Return the exact optimum of a program without whole-number columns.

    Parameters
    ----------
    program : Program
    place : sequence of int (n + r,), optional
        Where each column, then each row's activity is believed to be at the optimum; rows in the basis by default.
    matrix : Whole, optional
        The program's matrix, where many programs have the same.

    Examples
    --------
    >>> third = Program.build(c=[1.0], A=[[3.0]], row_lower=[1.0])
    >>> optimum(third).value
    Fraction(1, 3)
    """
    if (program.column_lower > program.column_upper).any() or (program.row_lower > program.row_upper).any():
        n, r = program.shape[1], program.shape[0]
        zero = Fraction(0)
        return Exact("infeasible", zero, [zero] * n, [zero] * r, np.zeros(n), [LOWER] * n + [BASIC] * r, 0)
    return _Simplex(program, place, matrix or Whole.of(program)).run()


class Whole:
    """A matrix of doubles in whole numbers: ``value · 2^shift``; columns and rows are worked out when asked for."""

    def __init__(self, values: FloatArray):
        self.values = values
        used = values[values != 0]
        self.shift = _BITS - int(np.frexp(used)[1].min()) if used.size else 0
        self._columns: dict[int, list[tuple[int, int]]] = {}
        self._rows: dict[int, list[tuple[int, int]]] = {}

    @classmethod
    def of(cls, program: Program) -> Whole:
        """Return a program's matrix."""
        dense = program.A.toarray() if hasattr(program.A, "toarray") else program.A
        return cls(np.asarray(dense, dtype=np.float64))

    def _whole(self, vector: FloatArray) -> list[tuple[int, int]]:
        at, whole, power = _parts(vector)
        up = (power + self.shift).tolist()
        return [(i, value << by) for i, value, by in zip(at.tolist(), whole.tolist(), up, strict=True)]

    def column(self, j: int) -> list[tuple[int, int]]:
        """Return where a column is not zero, and its numbers."""
        found = self._columns.get(j)
        if found is None:
            found = self._columns[j] = self._whole(self.values[:, j])
        return found

    def row(self, i: int) -> list[tuple[int, int]]:
        """Return where a row is not zero, and its numbers."""
        found = self._rows.get(i)
        if found is None:
            found = self._rows[i] = self._whole(self.values[i])
        return found


def _parts(values: FloatArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return where values are finite and not zero, their whole numbers of 53 bits, and the powers of two to them."""
    at = np.flatnonzero(np.isfinite(values) & (values != 0))
    part, exponent = np.frexp(values[at])
    return at, np.ldexp(part, _BITS).astype(np.int64), exponent.astype(np.int64) - _BITS


def _bits(*vectors: FloatArray) -> int:
    """Return the least power of two that makes all finite values whole numbers; at least zero."""
    most = 0
    for values in vectors:
        _, whole, power = _parts(values)
        if len(whole):
            spare = np.frexp((whole & -whole).astype(np.float64))[1] - 1
            most = max(most, int((-power - spare).max()))
    return most


def _shifted(values: FloatArray, by: int) -> list[int | None]:
    """Return values times a power of two as whole numbers; ``None`` for infinite ones."""
    found: list[int | None] = [0] * len(values)
    for place in np.flatnonzero(~np.isfinite(values)).tolist():
        found[place] = None
    at, whole, power = _parts(values)
    for place, value, up in zip(at.tolist(), whole.tolist(), (power + by).tolist(), strict=True):
        found[place] = value << up if up >= 0 else value >> -up
    return found


class _Simplex:
    """Bounded primal simplex with the sum of violations as first goal; every basis is inverted anew, exactly."""

    def __init__(self, program: Program, place: Sequence[int] | None, matrix: Whole):
        self.A = matrix.values
        self.r, self.n = self.A.shape
        self.sign = -1 if program.maximise else 1
        self.c = self.sign * program.c
        self.matrix = matrix
        # Activities are measured in products: their bounds too.
        low, high = program.column_lower, program.column_upper
        bounds = _bits(low, high)
        bounds = max(bounds, _bits(program.row_lower, program.row_upper) - self.matrix.shift)
        self.bound_shift, self.cost_shift = bounds, _bits(self.c)
        row_shift = bounds + self.matrix.shift
        self.low = _shifted(low, bounds) + _shifted(program.row_lower, row_shift)
        self.high = _shifted(high, bounds) + _shifted(program.row_upper, row_shift)
        self.cost = [value or 0 for value in _shifted(self.c, self.cost_shift)]
        self.fine = self._moderate(self.A, self.c, low, high, program.row_lower, program.row_upper)
        self.row_low, self.row_high = program.row_lower, program.row_upper
        self.place = self._slack() if place is None else [self._possible(v, at) for v, at in enumerate(place)]
        self.pivots = 0
        self._basis()
        if place is not None and not self._invert():
            self.place = self._slack()
            self._basis()
        self._invert()

    @staticmethod
    def _moderate(*arrays: FloatArray) -> bool:
        """Whether doubles neither overflow nor vanish in what is computed of these."""
        for values in arrays:
            used = np.abs(values[np.isfinite(values) & (values != 0)])
            if used.size and (used.min() < _SMALL or used.max() > _LARGE):
                return False
        return True

    def _slack(self) -> list[int]:
        return [self._possible(v, LOWER) for v in range(self.n)] + [BASIC] * self.r

    def _possible(self, v: int, at: int) -> int:
        """Return a place that the variable can have: no bound that it lacks."""
        if at == BASIC:
            return BASIC
        if at == LOWER and self.low[v] is not None:
            return LOWER
        if at == UPPER and self.high[v] is not None:
            return UPPER
        if self.low[v] is not None:
            return LOWER
        return FREE if self.high[v] is None else UPPER

    # -- the basis ---------------------------------------------------------------------------------------------

    def _basis(self) -> None:
        """Name the structural columns in the basis and the rows whose activities are not, as many of each."""
        self.inside = [j for j in range(self.n) if self.place[j] == BASIC]
        self.held = [i for i in range(self.r) if self.place[self.n + i] != BASIC]
        if len(self.inside) != len(self.held):
            self.place = self._slack()
            self.inside, self.held = [], []

    def _invert(self) -> bool:
        """Write the inverse of the basis as whole numbers over one positive denominator; return whether it has one."""
        k = len(self.inside)
        at = {i: place for place, i in enumerate(self.held)}
        rows = [[0] * (2 * k) for _ in range(k)]
        for place, j in enumerate(self.inside):
            for i, value in self.matrix.column(j):
                if i in at:
                    rows[at[i]][place] = value
            rows[place][k + place] = 1
        before = 1
        for step in range(k):
            pivot = next((p for p in range(step, k) if rows[p][step]), None)
            if pivot is None:
                return False
            rows[step], rows[pivot] = rows[pivot], rows[step]
            base, level = rows[step], rows[step][step]
            for i in range(k):
                if i != step:
                    mine, by = rows[i], rows[i][step]
                    rows[i] = [(level * x - by * y) // before for x, y in zip(mine, base, strict=True)]
            before = level
        sign = 1 if before > 0 else -1
        self.det = sign * before
        # inverse[a][b]: what one more of held row b's activity asks of column a.
        self.inverse = [[sign * value for value in row[k:]] for row in rows]
        return True

    def _times(self, right: Sequence[int]) -> list[int]:
        used = [(b, value) for b, value in enumerate(right) if value]
        return [sum(row[b] * value for b, value in used) for row in self.inverse]

    def _rest(self, v: int) -> int:
        """Return the value of a variable outside the basis."""
        at = self.place[v]
        bound = self.low[v] if at == LOWER else self.high[v] if at == UPPER else 0
        assert bound is not None
        return bound

    def _solve(self) -> None:
        """Write values of all columns, over the denominator."""
        right = [self._rest(self.n + i) for i in self.held]
        at = {i: place for place, i in enumerate(self.held)}
        self.values = [0] * self.n
        for j in range(self.n):
            if self.place[j] != BASIC:
                level = self._rest(j)
                if level:
                    self.values[j] = level * self.det
                    for i, value in self.matrix.column(j):
                        if i in at:
                            right[at[i]] -= value * level
        for j, value in zip(self.inside, self._times(right), strict=True):
            self.values[j] = value

    def _activity(self, i: int) -> int:
        return sum(value * self.values[j] for j, value in self.matrix.row(i) if self.values[j])

    # -- what is out of bounds ---------------------------------------------------------------------------------

    def _violations(self) -> dict[int, int]:
        """Return the variables of the basis outside their bounds: −1 below, +1 above."""
        found = {j: way for j in self.inside if (way := self._side(j, self.values[j]))}
        for i in self._suspect_rows():
            if self.place[self.n + i] == BASIC and (way := self._side(self.n + i, self._activity(i))):
                found[self.n + i] = way
        return found

    def _side(self, v: int, value: int) -> int:
        low, high = self.low[v], self.high[v]
        if low is not None and value < low * self.det:
            return -1
        return 1 if high is not None and value > high * self.det else 0

    def _suspect_rows(self) -> list[int]:
        x = self._in_doubles(self.values, self.det << self.bound_shift)
        if x is None:
            return list(range(self.r))
        activity, size = self.A @ x, np.abs(self.A) @ np.abs(x)
        slip = (self.n + 4) * _UNIT * size + 1e-290
        with np.errstate(invalid="ignore"):
            return np.flatnonzero((activity - slip < self.row_low) | (activity + slip > self.row_high)).tolist()

    def _in_doubles(self, numbers: Sequence[int], denominator: int) -> FloatArray | None:
        """Return quotients as doubles, ``None`` where they or their products may leave the range of doubles."""
        if not self.fine:
            return None
        try:
            found = np.array([value / denominator if value else 0.0 for value in numbers], dtype=np.float64)
        except OverflowError:
            return None
        whole = all(after or not before for before, after in zip(numbers, found.tolist(), strict=True))
        return found if whole and self._moderate(found) else None

    # -- prices ------------------------------------------------------------------------------------------------

    def _costs(self, out: dict[int, int]) -> tuple[dict[int, int], bool]:
        """Return the costs of columns: the violations' sum while there are any, the objective after that."""
        if not out:
            return {j: value for j, value in enumerate(self.cost) if value}, False
        costs: dict[int, int] = {}
        for v, way in out.items():
            if v < self.n:
                costs[v] = costs.get(v, 0) + (way << max(self.matrix.shift, 0))
            else:
                for j, value in self.matrix.row(v - self.n):
                    costs[j] = costs.get(j, 0) + way * value
        return costs, True

    def _prices(self, costs: dict[int, int]) -> list[int]:
        """Return prices of the held rows, over the denominator."""
        own = [costs.get(j, 0) for j in self.inside]
        return [
            sum(cost * row[b] for cost, row in zip(own, self.inverse, strict=True) if cost)
            for b in range(len(self.held))
        ]

    def _gain(self, j: int, costs: dict[int, int], price: dict[int, int]) -> int:
        """Return the reduced cost of a column, over the denominator."""
        return costs.get(j, 0) * self.det - sum(price[i] * value for i, value in self.matrix.column(j) if i in price)

    def _suspect_columns(self, prices: Sequence[int], violated: bool) -> list[int]:
        """Return columns outside the basis that may gain."""
        place = np.array(self.place[: self.n])
        near = None if violated else self._priced(prices)
        if near is None:
            return np.flatnonzero(place != BASIC).tolist()
        gain, slip = near
        wrong = ((place == LOWER) & (gain < slip)) | ((place == UPPER) & (gain > -slip)) | (place == FREE)
        return np.flatnonzero(wrong).tolist()

    def _priced(self, prices: Sequence[int]) -> tuple[FloatArray, FloatArray] | None:
        """Return reduced costs in doubles and how far they may be off; ``None`` where doubles do not tell."""
        power = self.matrix.shift - self.cost_shift
        up, down = (1 << power, 1) if power >= 0 else (1, 1 << -power)
        y = self._in_doubles([value * up for value in prices], self.det * down)
        if y is None:
            return None
        A = self.A[self.held]
        slip = (len(self.held) + 4) * _UNIT * (np.abs(self.c) + np.abs(y) @ np.abs(A)) + 1e-290
        return self.c - y @ A, slip

    def _reduced(self, prices: list[int], costs: dict[int, int], price: dict[int, int], unit: Fraction) -> FloatArray:
        """Return reduced costs in the program's own sense; those that doubles do not tell to ten digits exactly."""
        place = np.array(self.place[: self.n])
        near = self._priced(prices)
        found = np.zeros(self.n) if near is None else self.sign * near[0]
        unsure = place != BASIC
        if near is not None:
            unsure &= near[1] > _CLOSE * np.abs(near[0])
        found[place == BASIC] = 0.0
        for j in np.flatnonzero(unsure).tolist():
            found[j] = in_double(self._gain(j, costs, price) * unit)
        return found

    def _entering(self, out: dict[int, int], careful: bool) -> tuple[int, int] | None:
        """Return the variable that enters and the way it goes; ``None`` at an optimum."""
        costs, violated = self._costs(out)
        prices = self._prices(costs)
        price = dict(zip(self.held, prices, strict=True))
        best, found = 0.0, None
        for v in (*self._suspect_columns(prices, violated), *(self.n + i for i in self.held)):
            if self.low[v] is not None and self.low[v] == self.high[v]:
                continue
            gain = self._gain(v, costs, price) if v < self.n else price[v - self.n]
            at = self.place[v]
            if not ((gain < 0 and at in (LOWER, FREE)) or (gain > 0 and at in (UPPER, FREE))):
                continue
            way = 1 if gain < 0 else -1
            if careful:
                return v, way
            size = self._size(v, costs, price)
            merit = abs(gain) / size if size else 1.0
            if found is None or merit > best:
                best, found = merit, (v, way)
        return found

    def _size(self, v: int, costs: dict[int, int], price: dict[int, int]) -> int:
        if v >= self.n:
            return abs(price[v - self.n])
        return abs(costs.get(v, 0)) * self.det + sum(
            abs(price[i] * value) for i, value in self.matrix.column(v) if i in price
        )

    # -- a step ------------------------------------------------------------------------------------------------

    def _ways(self, v: int, way: int) -> dict[int, int]:
        """Return how each variable of the basis moves per unit of the entering one, over the denominator."""
        at = {i: place for place, i in enumerate(self.held)}
        right = [0] * len(self.held)
        if v < self.n:
            for i, value in self.matrix.column(v):
                if i in at:
                    right[at[i]] = -way * value
        else:
            right[at[v - self.n]] = way
        moved = {j: value for j, value in zip(self.inside, self._times(right), strict=True) if value}
        step = dict(moved)
        if v < self.n:
            step[v] = way * self.det
        total: dict[int, int] = {}
        for j, value in step.items():
            for i, coefficient in self.matrix.column(j):
                if self.place[self.n + i] == BASIC:
                    total[i] = total.get(i, 0) + coefficient * value
        moved |= {self.n + i: value for i, value in total.items() if value}
        return moved

    def _leaving(self, v: int, way: int, out: dict[int, int]) -> tuple[Fraction, int, int] | None:
        """Return the longest step, who stops it and at which bound; ``None`` when nothing does."""
        best: tuple[Fraction, int, int] | None = None
        low, high = self.low[v], self.high[v]
        if low is not None and high is not None:
            best = Fraction(high - low), v, UPPER if way > 0 else LOWER
        for u, by in self._ways(v, way).items():
            value = self.values[u] if u < self.n else self._activity(u - self.n)
            outside = out.get(u, 0)
            if outside:
                # It stops where it comes back inside, and never while it goes further out.
                bound, at = (self.low[u], LOWER) if outside < 0 else (self.high[u], UPPER)
                if (by > 0) == (outside > 0):
                    continue
            else:
                bound, at = (self.high[u], UPPER) if by > 0 else (self.low[u], LOWER)
            if bound is None:
                continue
            step = Fraction(bound * self.det - value, by)
            if best is None or step < best[0] or (step == best[0] and u < best[1]):
                best = step, u, at
        return best

    def run(self) -> Exact:
        """Pivot until everything is inside its bounds and no column gains."""
        careful = False
        while True:
            self._solve()
            out = self._violations()
            entering = self._entering(out, careful)
            if entering is None:
                return self._answer("infeasible" if out else "optimal")
            v, way = entering
            leaving = self._leaving(v, way, out)
            if leaving is None:
                return self._answer("unbounded")
            step, u, at = leaving
            # After a step that moves nothing the first by position enters (Bland 1977): no basis comes back.
            careful = step == 0
            self.pivots += 1
            if u == v:
                self.place[v] = at
                continue
            self.place[v], self.place[u] = BASIC, at
            self._basis()
            if not self._invert():
                raise AssertionError("a pivot that is not zero leaves a basis with an inverse")

    def _answer(self, status: Status) -> Exact:
        zero = Fraction(0)
        if status != "optimal":
            return Exact(status, zero, [zero] * self.n, [zero] * self.r, np.zeros(self.n), self.place, self.pivots)
        scale = Fraction(1, self.det << self.bound_shift)
        x = [value * scale if value else zero for value in self.values]
        costs, _ = self._costs({})
        prices = self._prices(costs)
        price = dict(zip(self.held, prices, strict=True))
        unit = Fraction(self.sign, self.det) / 2**self.cost_shift
        up = Fraction(2) ** self.matrix.shift
        duals = [price[i] * unit * up if i in price else zero for i in range(self.r)]
        reduced = self._reduced(prices, costs, price, unit)
        value = sum((Fraction(cost) * self.values[j] for j, cost in costs.items()), zero) * scale
        return Exact(
            status, self.sign * value / 2**self.cost_shift, x, duals, reduced, list(self.place), self.pivots
        )  # fmt: skip


def in_double(value: Fraction) -> float:
    """Return the double next to a number, infinity beyond the last of them."""
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def places(columns: Sequence[Any], rows: Sequence[Any], kinds: Any) -> list[int]:
    """Return where a solver's basis puts each variable; ``kinds`` is its enumeration of such places."""
    known = {kinds.kBasic: BASIC, kinds.kLower: LOWER, kinds.kUpper: UPPER}
    return [known.get(status, FREE) for status in (*columns, *rows)]
