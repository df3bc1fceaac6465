"""What goes with inefficiency: the truncated two-stage regression of Simar & Wilson 2007, algorithms 1 and 2.

Regressing scores on circumstances by least squares or Tobit is invalid: scores are correlated, biased, and at least one
by construction, not by censoring. Here the distances are a truncated regression, and its intervals come from a
parametric bootstrap; algorithm 2 also corrects the distances themselves, given the circumstances.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult
from bench.envelopment.core.oriented import side_of
from bench.envelopment.core.technology import Technology
from bench.envelopment.inference.resampling import replicate
from bench.errors import ConvergenceError, DataError, OptionError
from bench.options import Periods, one_of
from bench.seeds import sequence
from bench.tolerances import EFFICIENT
from bench.typing import FloatArray
from bench.units import Units

#: Share of the log-likelihood that one more Newton step may gain where the maximum counts as reached.
_GAIN = 1e-14
_STEPS = 200
_STIFF = 1e12


@dataclass(frozen=True, slots=True, eq=False)
class Truncated:
    """Truncated normal regression ``d = zb + e >= 1``.

    Attributes
    ----------
    coefficients : array (k,)
    sigma : float
    loglik : float
    """

    coefficients: FloatArray
    sigma: float
    loglik: float


def truncated_regression(d: FloatArray, Z: FloatArray, bound: float = 1.0) -> Truncated:
    """Return the maximum-likelihood estimate of a normal regression truncated from below.

    Newton's method in the parameters b/σ and 1/σ (Olsen 1978); the maximum is the only one (Orme & Ruud 2002).

    Parameters
    ----------
    d : array (n,)
        Above ``bound``.
    Z : array (n, k)
        With a column of ones where a constant is wanted.
    bound : float

    Raises
    ------
    ConvergenceError
        When the gradient does not vanish: too few observations, collinear columns, or a distribution so skewed that
        the likelihood rises for ever.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> z = rng.uniform(0, 1, 4000)
    >>> d = 1.2 + 0.5 * z + 0.3 * rng.standard_normal(4000)
    >>> kept = d > 1
    >>> fit = truncated_regression(d[kept], np.column_stack([np.ones(kept.sum()), z[kept]]))
    >>> fit.coefficients.round(1).tolist(), round(fit.sigma, 1)
    ([1.2, 0.5], 0.3)
    """
    scale = np.abs(Z).max(axis=0)
    if (scale == 0).any() or len(d) <= Z.shape[1] + 1:
        raise ConvergenceError("the truncated regression has too few observations, or a variable that is zero")
    W = Z / scale
    least, *_ = np.linalg.lstsq(W, d, rcond=None)
    spread = float(np.std(d - W @ least)) or 1.0
    p = _climb(np.append(least / spread, 1.0 / spread), W, d, bound)
    sigma = 1.0 / float(p[-1])
    return Truncated(p[:-1] * sigma / scale, sigma, _loglik(p, W, d, bound) - 0.5 * len(d) * float(np.log(2 * np.pi)))


def _loglik(p: FloatArray, W: FloatArray, d: FloatArray, bound: float) -> float:
    """Return the log-likelihood in (b/σ, 1/σ) without its constant; minus infinity outside σ > 0."""
    from scipy.special import log_ndtr

    if p[-1] <= 0:
        return float("-inf")
    mean = W @ p[:-1]
    residual = p[-1] * d - mean
    return float(len(d) * np.log(p[-1]) - 0.5 * residual @ residual - log_ndtr(mean - p[-1] * bound).sum())


def _climb(p: FloatArray, W: FloatArray, d: FloatArray, bound: float) -> FloatArray:
    """Return the maximum by Newton steps, damped where the surface is not concave or a step overshoots."""
    from scipy.special import log_ndtr

    n = len(d)
    inside = np.hstack([-W, d[:, None]])
    beyond = np.hstack([W, np.full((n, 1), -bound)])
    value, damping = _loglik(p, W, d, bound), 0.0
    for _ in range(_STEPS):
        far = beyond @ p
        hazard = np.exp(-0.5 * far**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(far))
        slope = -inside.T @ (inside @ p) - beyond.T @ hazard
        slope[-1] += n / p[-1]
        curve = inside.T @ inside - (beyond * (hazard * (far + hazard))[:, None]).T @ beyond
        curve[-1, -1] += n / p[-1] ** 2
        expected = 0.5 * float(slope @ _step(curve, slope, 0.0))
        if expected <= _GAIN * (n + abs(value)) and np.linalg.eigvalsh(curve)[0] > 0:
            return p
        while damping < _STIFF:
            trial = p + _step(curve, slope, damping)
            gain = _loglik(trial, W, d, bound)
            if gain > value:
                p, value, damping = trial, gain, damping / 10 if damping > 1e-6 else 0.0
                break
            damping = max(10 * damping, 1e-6)
        else:
            break
    raise ConvergenceError("the truncated regression did not converge: its likelihood has no interior maximum here")


def _step(curve: FloatArray, slope: FloatArray, damping: float) -> FloatArray:
    """Return the Newton step with the curvature made positive by its absolute eigenvalues and the damping."""
    values, vectors = np.linalg.eigh(curve)
    size = np.abs(values)
    size = np.maximum(size, 1e-12 * size.max()) + damping * size.max()
    return np.asarray(vectors @ ((vectors.T @ slope) / size))


def truncated_draws(mean: FloatArray, sigma: float, generator: np.random.Generator, bound: float = 1.0) -> FloatArray:
    """Return one draw per mean from the normal distribution truncated from below.

    Examples
    --------
    >>> draws = truncated_draws(np.zeros(5), 1.0, np.random.default_rng(0))
    >>> bool((draws >= 1).all())
    True
    """
    from scipy.special import log_ndtr, ndtri_exp

    # Inverse of the upper tail in logarithms: exact also where the bound is far out.
    tail = log_ndtr((mean - bound) / sigma) + np.log(generator.uniform(size=len(mean)))
    return np.asarray(np.maximum(mean - sigma * ndtri_exp(tail), bound))


@dataclass(frozen=True, slots=True, eq=False)
class Determinants:
    """Outcome of the two stages.

    Attributes
    ----------
    fit : Truncated
    distance : array (n,)
        Distances that were regressed: estimated (algorithm 1) or bias-corrected (algorithm 2).
    used : array (n,) of bool
        Units in the regression: distances of exactly one are left out by algorithm 1.
    replicates : array (B, k + 1)
        Coefficients and σ.
    failed : int
        Replicates without a maximum, left out of the intervals.
    """

    fit: Truncated
    distance: FloatArray
    used: npt.NDArray[np.bool_]
    replicates: FloatArray
    failed: int


def two_stages(
    X: FloatArray,
    Y: FloatArray,
    Z: FloatArray,
    rts: str,
    side: str,
    *,
    seed: int,
    algorithm: int = 2,
    first: int = 100,
    second: int = 2000,
    labels: Sequence[str] = (),
    workers: int = 1,
) -> Determinants:
    """Return the truncated regression of distances on circumstances with its bootstrap.

    Parameters
    ----------
    X, Y, Z : array (n, m), (n, s), (n, k)
    rts : {"crs", "vrs", "drs", "irs"}
    side : {"input", "output"}
    seed : int
    algorithm : {1, 2}
    first : int
        Replicates that correct the distances (algorithm 2).
    second : int
        Replicates of the regression.
    """
    technology = Technology.of(X, Y, rts)
    distance = np.maximum(_distances(technology, X, Y, side, labels), 1.0)
    used = distance > 1.0 + EFFICIENT
    if used.sum() <= Z.shape[1] + 1:
        raise DataError("too few inefficient units for a regression with these variables")
    fit = truncated_regression(distance[used], Z[used])
    seeds = sequence(seed).generate_state(2)
    if algorithm == 2:
        mean = Z @ fit.coefficients

        def one(generator: np.random.Generator) -> FloatArray:
            factor = (truncated_draws(mean, fit.sigma, generator) / distance)[:, None]
            moved = (X * factor, Y) if side == "input" else (X, Y / factor)
            return _distances(Technology.of(*moved, rts), X, Y, side, labels)

        bias = replicate(first, int(seeds[0]), one, workers).mean(axis=0) - distance
        distance = np.maximum(distance - bias, 1.0)
        used = np.ones(len(distance), dtype=bool)
        fit = truncated_regression(distance, Z)
    means = Z[used] @ fit.coefficients

    def again(generator: np.random.Generator) -> FloatArray:
        drawn = truncated_draws(means, fit.sigma, generator)
        try:
            other = truncated_regression(drawn, Z[used])
        except ConvergenceError:
            return np.full(Z.shape[1] + 1, np.nan)
        return np.append(other.coefficients, other.sigma)

    replicates = replicate(second, int(seeds[1]), again, workers)
    good = np.isfinite(replicates).all(axis=1)
    return Determinants(fit, distance, used, replicates[good], int((~good).sum()))


def _distances(technology: Technology, X: FloatArray, Y: FloatArray, side: str, labels: Sequence[str]) -> FloatArray:
    g = technology.along(X, Y, side)
    score = technology.ray(technology.points(X, Y), g, labels=labels).score(side)
    return np.asarray(1.0 / score if side == "input" else score)


@door("the two-stage regression", signs="moving")
def determinants(
    units: Units,
    *,
    rts: str,
    seed: int,
    variables: Sequence[str] = (),
    orientation: str = "input",
    algorithm: int = 2,
    level: float = 0.95,
    replicates: int = 2000,
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return which circumstances go with inefficiency, and how sure that is.

    Use it to see whether travel time or case mix goes with low efficiency before it is corrected for. Positive
    coefficients go with *more* inefficiency (distances of at least one).

    Parameters
    ----------
    units : Units
    rts : {"crs", "vrs", "drs", "irs"}
    seed : int
    variables : sequence of str
        Number columns; the table's ``environment`` columns when omitted.
    orientation : {"input", "output"}
    algorithm : {1, 2}
        1 regresses the estimated distances of inefficient units; 2 corrects all distances first.
    level : float
    replicates : int
        At least 100.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        One row per variable (``constant`` first, ``sigma`` last): ``coefficient``, ``std_error``, ``lower``, ``upper``,
        ``p_value`` (two-sided, from the interval's inversion).

    Raises
    ------
    OptionError, DataError, ConvergenceError

    Examples
    --------
    >>> import bench, numpy as np, pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> table = pd.DataFrame({"unit": range(60), "y": rng.uniform(1, 5, 60), "travel": rng.uniform(0, 1, 60)})
    >>> table["x"] = table["y"] * (1 + table["travel"] + np.abs(rng.normal(0, 0.2, 60)))
    >>> units = bench.Units.from_frame(table, id="unit", inputs=["x"], outputs=["y"], environment=["travel"])
    >>> found = determinants(units, rts="crs", seed=1, replicates=100)
    >>> bool(found["lower"]["travel"] > 0)
    True
    """
    import pandas as pd

    side = side_of(orientation)
    kind = one_of(rts, ("crs", "vrs", "drs", "irs"), "rts of the two-stage regression")
    names = list(variables or units.environment)
    if not names:
        raise OptionError("name the variables, or read the table with environment columns")
    if algorithm not in (1, 2):
        raise OptionError(f"algorithm must be 1 or 2, not {algorithm!r}")
    if replicates < 100 or not 0.5 < level < 1:
        raise OptionError("the bootstrap needs at least 100 replicates and a level between 0.5 and 1")
    Z = np.column_stack([np.ones(len(units)), units.values(names)])
    found = two_stages(
        units.X,
        units.Y,
        Z,
        kind,
        side,
        seed=seed,
        algorithm=algorithm,
        second=replicates,
        labels=units.names,
        workers=workers,
    )
    estimate = np.append(found.fit.coefficients, found.fit.sigma)
    shift = found.replicates - estimate
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(shift, [tail, 1.0 - tail], axis=0)
    below = ((shift >= estimate).mean(axis=0), (shift <= estimate).mean(axis=0))
    frame = pd.DataFrame(
        {
            "coefficient": estimate,
            "std_error": found.replicates.std(axis=0, ddof=1),
            "lower": estimate - high,
            "upper": estimate - low,
            "p_value": np.minimum(2.0 * np.minimum(*below), 1.0),
        },
        index=pd.Index(["constant", *names, "sigma"], name="variable"),
    )
    options = {
        "rts": kind,
        "orientation": side,
        "algorithm": algorithm,
        "level": level,
        "seed": seed,
        "replicates without a maximum": found.failed,
    }
    return MethodResult("Truncated two-stage regression (Simar & Wilson 2007)", frame, found, "coefficient", options)
