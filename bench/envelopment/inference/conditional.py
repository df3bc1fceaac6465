"""Compared with units in similar circumstances: conditional order-m, free disposal hull and envelopment.

Circumstances z (travel time, case mix) may shift what is possible. Conditional measures compare a unit with units at
similar z only: by kernel weights for order-m (Cazals, Florens & Simar 2002; Daraio & Simar 2005), by the window of the
kernel for the free disposal hull and the convex sets (Daraio & Simar 2007).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, unit_frame
from bench.envelopment.core.oriented import side_of
from bench.envelopment.core.technology import Technology
from bench.envelopment.inference.partial_frontiers import order_m_scores
from bench.errors import DataError, Issue, OptionError, nearest
from bench.options import Periods, one_of
from bench.typing import BoolArray, FloatArray
from bench.units import Units

MEASURES = ("order-m", "fdh", "dea")
#: Bandwidths that are tried, as shares of a variable's range; at the largest, weights are nearly equal.
_TRIED = np.geomspace(0.05, 4.0, 24)
#: Sweeps over the variables, one at a time.
_SWEEPS = 3
#: An equal distance does not count as farther because of rounding.
_ROUNDING = 1e-12


def kernel_weights(Z: FloatArray, at: FloatArray, bandwidth: FloatArray) -> FloatArray:
    """Return products of Epanechnikov weights of units at Z (n, r) seen from points ``at`` (k, r), array (k, n).

    Examples
    --------
    >>> kernel_weights(np.array([[0.0], [1.0], [3.0]]), np.array([[0.0]]), np.array([2.0]))
    array([[0.75  , 0.5625, 0.    ]])
    """
    weight = np.ones((len(at), len(Z)))
    for j, h in enumerate(bandwidth):
        apart = (at[:, j, None] - Z[None, :, j]) / h
        weight *= np.maximum(0.75 * (1.0 - apart**2), 0.0)
    return weight


def _comparable(X: FloatArray, Y: FloatArray, side: str) -> tuple[BoolArray, BoolArray]:
    """Return who is comparable with unit j, and who of them is at least as good in every measure, arrays (n, n)."""
    makes = (Y[None] >= Y[:, None]).all(axis=2)
    uses = (X[None] <= X[:, None]).all(axis=2)
    better = np.asarray(makes & uses)
    return (np.asarray(makes) if side == "input" else np.asarray(uses)), better


def cross_validated(X: FloatArray, Y: FloatArray, Z: FloatArray, side: str) -> FloatArray:
    """Return the bandwidth of each variable, array (r,), by least-squares cross-validation.

    The conditional distribution that the measures rest on is, on the input side, ``F(x | Y ≥ y, z)``. Each unit i is
    left out and predicted at its own z: the bandwidths minimise the sum of
    ``(1{x_i ≤ x_j} − F_{−i}(x_j | Y ≥ y_j, z_i))²`` over all units j and all i with ``y_i ≥ y_j`` (Li, Lin & Racine
    2013; Bădin, Daraio & Simar 2010 for frontiers). A unit that nobody comparable is near counts as wholly wrong. On
    the output side inputs and outputs change places. Shares 0.05 to 4 of each variable's range are tried: first the
    same for all variables, then one variable at a time. A bandwidth at 4 says that the variable does not matter.

    Parameters
    ----------
    X, Y, Z : array (n, m), (n, s), (n, r)
    side : {"input", "output"}
    """
    who, better = _comparable(X, Y, side)
    spread = Z.max(axis=0) - Z.min(axis=0)
    counted = who.astype(np.float64)
    good = better.astype(np.float64)
    n = len(X)

    def wrong(share: FloatArray) -> float:
        weight = kernel_weights(Z, Z, spread * share)
        weight[np.arange(n), np.arange(n)] = 0.0
        whole = weight @ counted.T
        # A weight of nothing but rounding is none.
        near = whole > _ROUNDING
        predicted = np.divide(weight @ good.T, whole, out=np.zeros_like(whole), where=near)
        miss = np.where(near, (good.T - predicted) ** 2, 1.0)
        return float(miss[who.T].sum())

    r = Z.shape[1]
    share = np.full(r, min(_TRIED, key=lambda c: wrong(np.full(r, c))))
    for _ in range(_SWEEPS if r > 1 else 0):
        before = share.copy()
        for j in range(r):
            tried = [np.where(np.arange(r) == j, c, share) for c in _TRIED]
            share = min(tried, key=wrong)
        if np.array_equal(before, share):
            break
    return np.asarray(spread * share)


@dataclass(frozen=True, slots=True, eq=False)
class Conditional:
    """Conditional scores of n units.

    Attributes
    ----------
    score : array (n,)
        Farrell, conditional on the unit's circumstances.
    plain : array (n,)
        Farrell, against all units.
    near : array (n,) of int
        Units with a weight at the unit's circumstances, itself included.
    bandwidth : array (r,)
    """

    score: FloatArray
    plain: FloatArray
    near: npt.NDArray[np.int64]
    bandwidth: FloatArray


def weighted_order_m(X: FloatArray, Y: FloatArray, weight: FloatArray, m: int, side: str) -> FloatArray:
    """Return order-m scores (n,) when comparable units are drawn with these weights (n, n), exactly.

    The best of m draws from a weighted distribution is better than a value with the m-th power of the probability
    beyond it: no drawing, no Monte Carlo error.

    Examples
    --------
    Equal weights give the unconditional measure:

    >>> X, Y = np.array([[1.0], [2.0]]), np.ones((2, 1))
    >>> weighted_order_m(X, Y, np.ones((2, 2)), 2, "input").tolist(), order_m_scores(X, Y, 2, "input").score.tolist()
    ([1.25, 0.625], [1.25, 0.625])
    """
    who, _ = _comparable(X, Y, side)
    score = np.empty(len(X))
    for row in range(len(X)):
        rows = np.flatnonzero(who[row] & (weight[row] > 0))
        factor = _factors(X, Y, row, rows, side)
        order = np.argsort(factor, kind="stable")
        factor, share = factor[order], weight[row, rows[order]] / weight[row, rows].sum()
        if side == "input":
            beyond = np.append(np.minimum(np.cumsum(share[::-1])[::-1], 1.0), 0.0) ** m
            chance = beyond[:-1] - beyond[1:]
        else:
            within = np.append(0.0, np.minimum(np.cumsum(share), 1.0)) ** m
            chance = within[1:] - within[:-1]
        used = chance > 0
        score[row] = float(factor[used] @ chance[used] / chance[used].sum())
    return score


def _factors(X: FloatArray, Y: FloatArray, row: int, rows: npt.NDArray[np.intp], side: str) -> FloatArray:
    """Return the radial factor at which the unit would be level with each of some comparable units."""
    if side == "input":
        used = X[row] > 0
        reach = (X[rows][:, used] / X[row, used]).max(axis=1)
        return np.asarray(np.where((X[rows][:, ~used] > 0).any(axis=1), np.inf, reach))
    made = Y[row] > 0
    return np.asarray((Y[rows][:, made] / Y[row, made]).min(axis=1))


def hull_in_window(X: FloatArray, Y: FloatArray, near: BoolArray, side: str) -> FloatArray:
    """Return Farrell scores (n,) against the free disposal hull of the units near each one, mask (n, n)."""
    who, _ = _comparable(X, Y, side)
    best = min if side == "input" else max
    return np.array([best(_factors(X, Y, row, np.flatnonzero(who[row] & near[row]), side)) for row in range(len(X))])


def envelope_in_window(
    X: FloatArray, Y: FloatArray, near: BoolArray, rts: str, side: str, labels: Sequence[str] = ()
) -> FloatArray:
    """Return Farrell scores (n,) against the convex set of the units near each one, mask (n, n)."""
    score = np.empty(len(X))
    whole = Technology.of(X, Y, rts)
    points = whole.points(X, Y)
    along = whole.along(X, Y, side)
    windows, place = np.unique(near, axis=0, return_inverse=True)
    for number, window in enumerate(windows):
        rows = np.flatnonzero(place.reshape(-1) == number)
        names = [labels[int(row)] for row in rows] if len(labels) else []
        score[rows] = whole.take(window).ray(points[rows], along[rows], labels=names).score(side)
    return score


def conditional_scores(
    X: FloatArray,
    Y: FloatArray,
    Z: FloatArray,
    side: str,
    *,
    measure: str = "order-m",
    m: int = 25,
    rts: str = "vrs",
    bandwidth: FloatArray | None = None,
    labels: Sequence[str] = (),
) -> Conditional:
    """Return conditional scores and the unconditional ones beside them; see :func:`conditional_efficiency`."""
    h = cross_validated(X, Y, Z, side) if bandwidth is None else bandwidth
    weight = kernel_weights(Z, Z, h)
    near, everyone = weight > 0, np.ones((len(X), len(X)), dtype=bool)
    if measure == "order-m":
        score, plain = weighted_order_m(X, Y, weight, m, side), order_m_scores(X, Y, m, side).score
    elif measure == "fdh":
        score, plain = (hull_in_window(X, Y, window, side) for window in (near, everyone))
    else:
        score, plain = (envelope_in_window(X, Y, window, rts, side, labels) for window in (near, everyone))
    return Conditional(score, plain, near.sum(axis=1), h)


def circumstances(units: Units, variables: Sequence[str]) -> tuple[list[str], FloatArray]:
    """Return the names and values (n, r) of environment variables.

    Raises
    ------
    OptionError
        When there are none, or one is no column.
    DataError
        When one does not vary, or has no value for a unit.
    """
    names = list(variables or units.environment)
    if not names:
        raise OptionError("name the variables, or read the table with environment columns")
    for name in names:
        if name not in units.frame.columns:
            raise OptionError(f"no column {name!r}{nearest(name, [str(column) for column in units.frame.columns])}")
    Z = units.values(names)
    issues = [
        Issue("no-variation", "a circumstance that is the same for all explains nothing", "leave it out", column=name)
        for name, values in zip(names, Z.T, strict=True)
        if not values.max() > values.min()
    ]
    if issues:
        raise DataError(issues)
    return names, Z


def given_bandwidth(bandwidth: Sequence[float] | float | None, count: int) -> FloatArray | None:
    """Return bandwidths (r,) as given, or ``None``.

    Raises
    ------
    OptionError
        Another number of them than of variables, or one that is not positive.
    """
    if bandwidth is None:
        return None
    values = np.atleast_1d(np.asarray(bandwidth, dtype=np.float64))
    if values.shape != (count,) or not (values > 0).all() or not np.isfinite(values).all():
        raise OptionError(f"bandwidth needs one positive number per variable ({count}), not {bandwidth!r}")
    return values


@door("conditional efficiency")
def conditional_efficiency(
    units: Units,
    *,
    measure: str = "order-m",
    m: int = 25,
    rts: str = "vrs",
    orientation: str = "input",
    variables: Sequence[str] = (),
    bandwidth: Sequence[float] | float | None = None,
    periods: Periods | None = None,
) -> MethodResult:
    """Return efficiency against units in similar circumstances, and how it differs from efficiency against all.

    Use it when circumstances may shift what is possible, and not only how well it is done: then a second-stage
    regression of ordinary scores does not hold (see :func:`separability_test`).

    Parameters
    ----------
    units : Units
    measure : {"order-m", "fdh", "dea"}
    m : int
        Of ``order-m``.
    rts : {"crs", "vrs", "drs", "irs"}
        Of ``dea``.
    orientation : {"input", "output"}
    variables : sequence of str
        Continuous number columns; the table's ``environment`` columns when omitted.
    bandwidth : float or sequence of float, optional
        One per variable, in its own measure: units farther away do not count. :func:`cross_validated` when omitted.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.

    Returns
    -------
    MethodResult
        ``efficiency`` (conditional), ``unconditional``, ``ratio`` (unconditional over conditional: far below one where
        circumstances hold the unit back) and ``near`` (units with a weight). ``values`` is a :class:`Conditional`.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench, pandas as pd
    >>> table = pd.DataFrame({"unit": list("ABCD"), "x": [1.0, 2, 3, 6], "y": 1.0, "travel": [0.0, 0.1, 5.0, 5.1]})
    >>> units = bench.Units.from_frame(table, id="unit", inputs=["x"], outputs=["y"], environment=["travel"])
    >>> found = conditional_efficiency(units, measure="fdh", bandwidth=1.0)
    >>> found.efficiency.tolist(), found["unconditional"].round(3).tolist()
    ([1.0, 0.5, 1.0, 0.5], [1.0, 0.5, 0.333, 0.167])
    """
    side = side_of(orientation)
    kind = one_of(measure, MEASURES, "measure")
    returns = one_of(rts, ("crs", "vrs", "drs", "irs"), "rts of conditional envelopment")
    if m < 1:
        raise OptionError(f"m must be at least 1, not {m}")
    names, Z = circumstances(units, variables)
    h = given_bandwidth(bandwidth, len(names))
    found = conditional_scores(
        units.X, units.Y, Z, side, measure=kind, m=m, rts=returns, bandwidth=h, labels=units.names
    )
    share, plain = (found.score, found.plain) if side == "input" else (1.0 / found.score, 1.0 / found.plain)
    # Beyond both sets without limit, or at zero in both, there is no ratio.
    ratio = np.divide(plain, share, out=np.full(len(plain), np.nan), where=np.isfinite(plain) & (share > 0))
    frame = unit_frame(units, {"efficiency": share, "unconditional": plain, "ratio": ratio, "near": found.near})
    issues = tuple(
        Issue(
            "few-near",
            f"{found.near[row]} unit(s), itself included, have circumstances near enough to be compared with",
            "a larger bandwidth",
            severity="warning",
            unit=units.names[int(row)],
        )
        for row in np.flatnonzero(found.near <= units.X.shape[1] + units.Y.shape[1])
    )
    options = {
        "measure": kind,
        "orientation": side,
        **({"m": m} if kind == "order-m" else {"rts": returns} if kind == "dea" else {}),
        "bandwidth": "cross-validation" if h is None else "given",
        **{f"bandwidth {name}": f"{value:.4g}" for name, value in zip(names, found.bandwidth, strict=True)},
    }
    return MethodResult("Conditional efficiency (Daraio & Simar 2005)", frame, found, "efficiency", options, issues)
