"""`Technology`: the production set spanned by a reference set, in the one form that every measure uses.

Inputs enter as −x and outputs as +y, so that more is better in every coordinate; returns to scale are one more
coordinate. A point b belongs to the set when Pλ ≥ b for some admissible λ. Two questions are asked of it: how far
one can go along a direction (:meth:`Technology.ray`), and the largest weighted sum above a point
(:meth:`Technology.total`). Convex sets are asked through :mod:`bench.lp`, free disposal hulls by enumeration,
whole-number sets by branch and bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.envelopment.core import discrete
from bench.errors import OptionError
from bench.lp import Batch, maximise_ray, maximise_sum
from bench.options import RTS, RTS_ALIASES, Rts, one_of
from bench.typing import BoolArray, FloatArray

#: Technologies that are solved as linear programs.
CONVEX: tuple[Rts, ...] = ("crs", "vrs", "drs", "irs")
#: Sign of the scale coordinate and whether it is an equation.
_SCALE = {"vrs": (1.0, True), "irs": (1.0, False), "drs": (-1.0, False)}


@dataclass(frozen=True, slots=True, eq=False)
class Technology:
    """A production set.

    Attributes
    ----------
    X : array (n, m)
        Inputs of the reference set.
    Y : array (n, s)
        Outputs of the reference set.
    rts : {"crs", "vrs", "drs", "irs", "fdh", "frh", "add"}
        ``frh`` and ``add`` are the same set: sums of units, each taken a whole number of times (Tulkens 1993).
    equal : array (m + s,) of bool
        Measures that cannot be disposed of freely: their rows are equations.
    trades : array (q, m + s)
        Changes that are possible anywhere in the set, inputs as −x and outputs as +y (Podinovski 2004).

    Examples
    --------
    >>> technology = Technology.of([[2.0], [4.0]], [[1.0], [1.0]], "vrs")
    >>> technology.columns
    array([[-2.,  1.,  1.],
           [-4.,  1.,  1.]])
    """

    X: FloatArray
    Y: FloatArray
    rts: Rts
    equal: BoolArray
    trades: FloatArray

    @classmethod
    def of(
        cls,
        X: npt.ArrayLike,
        Y: npt.ArrayLike,
        rts: str,
        *,
        equal: npt.ArrayLike | None = None,
        trades: npt.ArrayLike | None = None,
    ) -> Technology:
        """Build a technology from arrays.

        Raises
        ------
        OptionError
            Unknown ``rts``, or one that cannot be combined with ``equal`` or ``trades``.
        """
        kind: Any = one_of(rts, RTS, "rts", RTS_ALIASES)
        inputs, outputs = np.asarray(X, dtype=np.float64), np.asarray(Y, dtype=np.float64)
        width = inputs.shape[1] + outputs.shape[1]
        fixed = np.zeros(width, dtype=bool) if equal is None else np.asarray(equal, dtype=bool)
        moves = np.zeros((0, width)) if trades is None else np.atleast_2d(np.asarray(trades, dtype=np.float64))
        if kind not in CONVEX and (fixed.any() or len(moves)):
            raise OptionError(
                f"rts={kind!r} has no weak disposability and no trade-offs; use one of {', '.join(CONVEX)}"
            )
        return cls(inputs, outputs, kind, fixed, moves)

    @property
    def columns(self) -> FloatArray:
        """P, array (n + q, d)."""
        block = np.hstack([-self.X, self.Y])
        if self.rts in _SCALE:
            block = np.hstack([block, np.full((len(block), 1), _SCALE[self.rts][0])])
        if not len(self.trades):
            return block
        pad = np.zeros((len(self.trades), block.shape[1] - self.trades.shape[1]))
        return np.vstack([block, np.hstack([self.trades, pad])])

    @property
    def equality(self) -> BoolArray:
        """Rows that are equations, array (d,)."""
        return np.append(self.equal, _SCALE[self.rts][1]) if self.rts in _SCALE else self.equal

    def points(self, X: FloatArray, Y: FloatArray) -> FloatArray:
        """Return b of points with inputs X (k, m) and outputs Y (k, s), array (k, d)."""
        return self._coordinates(-X, Y, _SCALE[self.rts][0] if self.rts in _SCALE else 0.0)

    def directions(self, GX: FloatArray, GY: FloatArray) -> FloatArray:
        """Return g of directions that save GX of inputs and add GY of outputs, array (k, d)."""
        return self._coordinates(GX, GY, 0.0)

    def along(self, X: FloatArray, Y: FloatArray, side: str) -> FloatArray:
        """Return g of the points' own inputs, or with ``side`` output of their own outputs, array (k, d)."""
        return self.directions(X, 0 * Y) if side == "input" else self.directions(0 * X, Y)

    def _coordinates(self, first: FloatArray, second: FloatArray, scale: float) -> FloatArray:
        block = np.hstack([first, second])
        if self.rts in _SCALE:
            block = np.hstack([block, np.full((len(block), 1), scale)])
        return block

    def take(self, rows: npt.ArrayLike) -> Technology:
        """Return the technology of some of the reference units (positions or a mask)."""
        chosen = np.asarray(rows)
        return replace(self, X=self.X[chosen], Y=self.Y[chosen])

    def ray(
        self,
        points: FloatArray,
        directions: FloatArray,
        *,
        own: npt.ArrayLike | None = None,
        exclude: npt.ArrayLike | None = None,
        itself: bool = False,
        labels: Sequence[str] = (),
        workers: int = 1,
    ) -> Batch:
        """Return the largest β with b + βg in the set, for every point; see :func:`bench.lp.maximise_ray`."""
        if self.rts in CONVEX:
            return maximise_ray(
                self.columns,
                points,
                directions,
                equality=self.equality,
                own=None if len(self.trades) else own,
                exclude=exclude,
                itself=itself,
                labels=labels,
                workers=workers,
            )
        solve = discrete.hull_ray if self.rts == "fdh" else discrete.whole_ray
        return solve(self.columns, points, directions, exclude, labels)

    def total(
        self,
        points: FloatArray,
        weights: FloatArray,
        *,
        constrained: BoolArray | None = None,
        exclude: npt.ArrayLike | None = None,
        computed: bool = False,
        above: bool = False,
        labels: Sequence[str] = (),
        workers: int = 1,
    ) -> Batch:
        """Return the largest w·(Pλ) with Pλ ≥ b, for every point; see :func:`bench.lp.maximise_sum`.

        Rows not named in ``constrained`` (array (d,)) enter the objective only; ``computed`` says that points are no
        data but projections, which rounding has moved a little; ``above`` counts the sum from the point.
        """
        if self.rts in CONVEX:
            return maximise_sum(
                self.columns,
                points,
                weights,
                constrained=constrained,
                equality=self.equality,
                exclude=exclude,
                computed=computed,
                above=above,
                labels=labels,
                workers=workers,
            )
        solve = discrete.hull_total if self.rts == "fdh" else discrete.whole_total
        floor = points if constrained is None else np.where(constrained, points, -np.inf)
        found = solve(self.columns, floor, weights, exclude, labels)
        return discrete.above(found, self.columns, points, weights) if above else found
