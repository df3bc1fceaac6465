"""Frontiers that a few extreme units cannot move: order-m and order-alpha.

Cazals, Florens & Simar 2002 (order m); Aragon, Daouia & Thomas-Agnan 2005 and Daouia & Simar 2007 (order α).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, unit_frame
from bench.envelopment.core.oriented import side_of
from bench.errors import OptionError
from bench.options import Periods
from bench.typing import FloatArray
from bench.units import Units


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """Partial scores of n units.

    Attributes
    ----------
    score : array (n,)
        Farrell; beyond one (input above, output below) for units better than the partial frontier.
    comparable : array (n,) of int
        Units that make at least as much (input side) or use at most as much (output side).
    """

    score: FloatArray
    comparable: npt.NDArray[np.int64]


def _factors(X: FloatArray, Y: FloatArray, row: int, side: str, *, others: bool = False) -> FloatArray:
    """Return the radial factor at which the unit would be level with each comparable (other) one, ascending."""
    rows = np.all(Y[row] <= Y, axis=1) if side == "input" else np.all(X[row] >= X, axis=1)
    rows[row] = not others
    if side == "input":
        used = X[row] > 0
        # A peer that uses what the unit does not use can never be level with it.
        reach = np.where((X[rows][:, ~used] > 0).any(axis=1), np.inf, (X[rows][:, used] / X[row, used]).max(axis=1))
        return np.sort(reach)
    made = Y[row] > 0
    return np.sort((Y[rows][:, made] / Y[row, made]).min(axis=1))


def order_m_scores(X: FloatArray, Y: FloatArray, m: int, side: str, *, others: bool = False) -> Partial:
    """Return the expected score against the best of m units drawn at random among the comparable ones.

    The expectation is computed exactly from the order statistics: no drawing, no Monte Carlo error.

    Parameters
    ----------
    X, Y : array (n, m'), (n, s)
    m : int
    side : {"input", "output"}
    others : bool
        Compare with the other units only; the score is NaN where none of them is comparable.

    Examples
    --------
    With m = 1 it is the mean over comparable units, with large m the free disposal hull:

    >>> X, Y = np.array([[1.0], [2.0]]), np.array([[1.0], [1.0]])
    >>> order_m_scores(X, Y, 1, "input").score.tolist(), order_m_scores(X, Y, 10_000, "input").score.tolist()
    ([1.5, 0.75], [1.0, 0.5])
    """
    score, count = np.empty(len(X)), np.empty(len(X), dtype=np.int64)
    for row in range(len(X)):
        factors = _factors(X, Y, row, side, others=others)
        n = len(factors)
        if not n:
            score[row], count[row] = np.nan, 0
            continue
        if side == "input":
            tail = (np.arange(n, -1, -1) / n) ** m
            weight = tail[:-1] - tail[1:]
        else:
            head = (np.arange(n + 1) / n) ** m
            weight = head[1:] - head[:-1]
        used = weight > 0
        score[row], count[row] = float(factors[used] @ weight[used]), n
    return Partial(score, count)


def order_alpha_scores(X: FloatArray, Y: FloatArray, alpha: float, side: str) -> Partial:
    """Return the score against the frontier that a share 1 − α of comparable units is beyond.

    With F the distribution of the radial factors of comparable units, the input score is inf{θ : F(θ) > 1 − α} and the
    output score sup{λ : 1 − F(λ−) > 1 − α} (Daouia & Simar 2007): the k-th best unit, k = ⌊(1 − α)n⌋ + 1.

    Parameters
    ----------
    X, Y : array (n, m), (n, s)
    alpha : float
        In (0, 1]; one is the free disposal hull.
    side : {"input", "output"}

    Examples
    --------
    >>> X, Y = np.array([[1.0], [2.0], [3.0], [4.0]]), np.ones((4, 1))
    >>> order_alpha_scores(X, Y, 0.75, "input").score.tolist()
    [2.0, 1.0, 0.6666666666666666, 0.5]
    >>> order_alpha_scores(X, Y, 0.9, "input").score.tolist()
    [1.0, 0.5, 0.3333333333333333, 0.25]
    """
    score, count = np.empty(len(X)), np.empty(len(X), dtype=np.int64)
    for row in range(len(X)):
        factors = _factors(X, Y, row, side)
        n = len(factors)
        beyond = units_beyond(alpha, n)
        score[row], count[row] = factors[beyond if side == "input" else n - 1 - beyond], n
    return Partial(score, count)


def units_beyond(alpha: float, n: int) -> int:
    """Return how many of n units lie beyond the frontier of order α.

    More than a share 1 − α must reach the frontier. That is counted in whole units, and a share that is whole up to
    rounding is whole: in floating point 5·(1 − 0.8) is less than one.

    Examples
    --------
    >>> units_beyond(0.8, 5), units_beyond(0.9, 5)
    (1, 0)
    """
    return min(int(np.floor((1.0 - alpha) * n + 1e-9)), n - 1)


def at_least_one(m: int) -> None:
    """Refuse a draw of no unit."""
    if m < 1:
        raise OptionError(f"m must be at least 1, not {m}")


def share_of_units(alpha: float) -> None:
    """Refuse what is no share of the units."""
    if not 0 < alpha <= 1:
        raise OptionError(f"alpha must lie in (0, 1], not {alpha}")


@door("order-m efficiency", signs="moving")
def order_m(units: Units, *, m: int, orientation: str = "input", periods: Periods | None = None) -> MethodResult:
    """Return order-m efficiency: against the best of m comparable units, on average.

    Use it when a few extreme units should not decide: efficiency above one says that the unit does better than the
    best of m others usually do.

    Parameters
    ----------
    units : Units
    m : int
        At least one; the larger, the closer to the free disposal hull.
    orientation : {"input", "output"}
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.

    Returns
    -------
    MethodResult
        ``efficiency``, ``score`` (Farrell), ``comparable``.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0], [2.0]], [[1.0], [1.0]])
    >>> order_m(units, m=2).efficiency.tolist()
    [1.25, 0.625]
    """
    side = side_of(orientation)
    at_least_one(m)
    return _result("Order-m efficiency", units, order_m_scores(units.X, units.Y, m, side), side, {"m": m})


@door("order-alpha efficiency", signs="moving")
def order_alpha(
    units: Units, *, alpha: float, orientation: str = "input", periods: Periods | None = None
) -> MethodResult:
    """Return order-alpha efficiency: against the frontier that a share 1 − α of comparable units is beyond.

    Parameters
    ----------
    units : Units
    alpha : float
        In (0, 1], such as 0.95.
    orientation : {"input", "output"}
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.

    Returns
    -------
    MethodResult
        ``efficiency``, ``score`` (Farrell), ``comparable``.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench
    >>> units = bench.Units.from_arrays([[1.0], [2.0], [3.0], [4.0]], [[1.0]] * 4)
    >>> order_alpha(units, alpha=0.75).efficiency.round(6).tolist()
    [2.0, 1.0, 0.666667, 0.5]
    """
    side = side_of(orientation)
    share_of_units(alpha)
    found = order_alpha_scores(units.X, units.Y, alpha, side)
    return _result("Order-alpha efficiency", units, found, side, {"alpha": alpha})


def _result(title: str, units: Units, found: Partial, side: str, options: dict[str, float]) -> MethodResult:
    frame = unit_frame(
        units,
        {
            "efficiency": found.score if side == "input" else 1.0 / found.score,
            "score": found.score,
            "comparable": found.comparable,
        },
    )
    return MethodResult(title, frame, found, "efficiency", {"orientation": side, **options})
