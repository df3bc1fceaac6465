"""Ranks are statistics too: intervals that hold for all units at once, and chances of being among the best.

A rank is safe when the differences behind it are. Differences of all pairs of units get one common critical value from
the bootstrap of the largest standardised error, so that they hold together; a unit's rank lies between one plus those
surely better and n minus those surely worse (Klein, Wright & Wieczorek 2020; Mogstad, Romano, Shaikh & Wilhelm 2024).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.envelopment.core.door import door
from bench.envelopment.core.method_result import MethodResult, unit_frame
from bench.envelopment.inference.bootstrap import bootstrap_efficiency
from bench.envelopment.inference.resampling import Bootstrap
from bench.errors import OptionError
from bench.options import Periods
from bench.typing import FloatArray, IndexArray
from bench.units import Units


@dataclass(frozen=True, slots=True, eq=False)
class Ranks:
    """Ranks of n units; one is the most efficient.

    Attributes
    ----------
    rank : array (n,)
        By corrected efficiency; ties share the mean of their places.
    lower, upper : array (n,) of int
        Ends that hold for all units at once.
    best : array (n,)
        Share of draws in which the unit is in the best quarter.
    below : array (n,)
        Share of draws in which its efficiency is below the requirement.
    critical : float
        Of the largest standardised error of a difference.
    """

    rank: FloatArray
    lower: IndexArray
    upper: IndexArray
    best: FloatArray
    below: FloatArray
    critical: float


def ranks(distance: FloatArray, replicates: FloatArray, *, level: float, requirement: float) -> Ranks:
    """Return ranks of distances (n,) of at least one with intervals from replicates (B, n).

    Differences of logarithms are compared with the bootstrap of their errors. A pair whose difference does not vary
    in any replicate is known.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> found = ranks(np.array([1.0, 1.5, 3.0]), np.array([1.0, 1.5, 3.0]) * np.exp(rng.normal(0, 0.05, (500, 3))),
    ...     level=0.95, requirement=0.5)
    >>> found.lower.tolist(), found.upper.tolist()
    ([1, 2, 3], [1, 2, 3])
    """
    error = np.log(replicates) - np.log(distance)
    corrected = np.log(distance) - error.mean(axis=0)
    centred = error - error.mean(axis=0)
    gap = corrected[:, None] - corrected[None, :]
    covariance = np.cov(centred, rowvar=False).reshape(len(distance), -1)
    own = np.diag(covariance)
    spread = np.sqrt(np.maximum(own[:, None] + own[None, :] - 2 * covariance, 0.0))
    varies = spread > 1e-10
    largest = np.array(
        [np.max(np.abs(row[:, None] - row[None, :])[varies] / spread[varies], initial=0.0) for row in centred]
    )
    critical = float(np.quantile(largest, level))
    reach = np.where(varies, critical * spread, 1e-10)
    better, worse = (gap > reach).sum(axis=1), (gap < -reach).sum(axis=1)
    drawn = np.log(distance) - error
    place = pd.DataFrame(drawn).rank(axis=1).to_numpy()
    best = (place <= max(1.0, len(distance) / 4)).mean(axis=0)
    below = (np.exp(-drawn) < requirement).mean(axis=0)
    return Ranks(
        np.asarray(pd.Series(corrected).rank(), dtype=np.float64),
        1 + better,
        len(distance) - worse,
        best,
        below,
        critical,
    )


@door("intervals of ranks", signs="moving")
def rank_intervals(
    units: Units,
    *,
    rts: str,
    seed: int,
    requirement: float = 0.9,
    orientation: str = "input",
    replicates: int = 1000,
    level: float = 0.95,
    periods: Periods | None = None,
    workers: int = 1,
) -> MethodResult:
    """Return each unit's rank with an interval that holds for all units at once.

    Use it before a league table is published or a reward goes to "the best five": many places are not told apart by
    the data.

    Parameters
    ----------
    units : Units
        At least three.
    rts : {"crs", "vrs", "drs", "irs"}
    seed : int
    requirement : float
        Efficiency for ``below_requirement``.
    orientation : {"input", "output"}
    replicates : int
        At least 100.
    level : float
        Of all intervals together.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.
    workers : int

    Returns
    -------
    MethodResult
        ``efficiency`` (bias-corrected), ``rank`` (1 is best), ``lower`` and ``upper`` (simultaneous),
        ``best_quarter`` and ``below_requirement`` (shares of draws), ``estimate``. ``values`` is a :class:`Ranks`.

    Raises
    ------
    OptionError, DataError

    Examples
    --------
    >>> import bench
    >>> rng = np.random.default_rng(0)
    >>> units = bench.Units.from_arrays(np.exp(np.abs(rng.normal(0, 0.3, 30))), np.ones(30))
    >>> found = rank_intervals(units, rts="crs", seed=1, replicates=100)
    >>> bool((found["lower"] <= found["rank"]).all() and (found["rank"] <= found["upper"]).all())
    True
    """
    if len(units) < 3:
        raise OptionError(f"ranks need at least three units, not {len(units)}")
    if not requirement > 0:
        raise OptionError(f"requirement must be a positive efficiency, not {requirement}")
    boot = bootstrap_efficiency(
        units, rts=rts, seed=seed, orientation=orientation, replicates=replicates, level=level, periods="pooled",
        workers=workers,
    )  # fmt: skip
    found: Bootstrap = boot.values
    known = np.isfinite(found.corrected)
    drawn = found.replicates[:, known]
    complete = drawn[np.isfinite(drawn).all(axis=1)]
    if len(complete) < 100:
        raise OptionError(
            "fewer than 100 drawn sets can be compared with all units: rts='crs' compares them with every set"
        )
    part = ranks(found.distance[known], complete, level=level, requirement=requirement)
    columns = {"efficiency": boot.efficiency.to_numpy()}
    for name, values in (
        ("rank", part.rank), ("lower", part.lower), ("upper", part.upper), ("best_quarter", part.best),
        ("below_requirement", part.below),
    ):  # fmt: skip
        columns[name] = np.full(len(units), np.nan)
        columns[name][known] = values
    columns["estimate"] = boot["estimate"].to_numpy()
    options = {**boot.options, "requirement": requirement, "critical value": f"{part.critical:.3f}"}
    return MethodResult(
        "Ranks with simultaneous intervals", unit_frame(units, columns), part, "rank", options, boot.issues
    )
