"""May circumstances be left to a second stage? The test of separability of Daraio, Simar & Wilson 2018.

A second-stage regression of scores on circumstances z means something only if z does not shift what is possible
(Simar & Wilson 2007 call it separability). Then units at similar z have the same frontier as all, and conditional and
unconditional efficiencies have the same mean; otherwise the conditional ones are higher.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.envelopment.core.door import door
from bench.envelopment.core.oriented import side_of
from bench.envelopment.inference.conditional import (
    circumstances,
    cross_validated,
    envelope_in_window,
    given_bandwidth,
    hull_in_window,
    kernel_weights,
)
from bench.envelopment.inference.mean_efficiency import (
    FEWEST,
    Mean,
    Scores,
    check_splits,
    combined,
    efficiencies,
    mean_of,
)
from bench.envelopment.inference.subsampling import rate
from bench.envelopment.inference.technology_test import SplitTest, split_test
from bench.errors import DataError
from bench.options import Periods, one_of
from bench.typing import FloatArray, IndexArray
from bench.units import Units

#: Units within the window, on average in a quarter of the sample, below which everybody looks efficient.
_FEWEST_NEAR = 5


def conditional_shares(X: FloatArray, Y: FloatArray, Z: FloatArray, h: FloatArray, rts: str, side: str) -> Scores:
    """Return the function from rows to their conditional efficiencies among themselves."""

    def scores(rows: IndexArray) -> FloatArray:
        near = kernel_weights(Z[rows], Z[rows], h) > 0
        if rts == "fdh":
            found = hull_in_window(X[rows], Y[rows], near, side)
        else:
            found = envelope_in_window(X[rows], Y[rows], near, rts, side)
        return found if side == "input" else 1.0 / found

    return scores


@door("the test of separability", signs="moving")
def separability_test(
    units: Units,
    *,
    rts: str,
    seed: int,
    variables: Sequence[str] = (),
    bandwidth: Sequence[float] | float | None = None,
    orientation: str = "input",
    splits: int = 1,
    halves: int = 10,
    periods: Periods | None = None,
) -> SplitTest:
    """Test whether circumstances leave the frontier alone, before scores are regressed on them.

    Parameters
    ----------
    units : Units
        At least eighty.
    rts : {"crs", "vrs", "fdh"}
    seed : int
    variables : sequence of str
        Continuous number columns; the table's ``environment`` columns when omitted.
    bandwidth : float or sequence of float, optional
        One per variable, in its own measure; by cross-validation over all units when omitted.
    orientation : {"input", "output"}
    splits, halves : int
        As of :func:`technology_test`.
    periods : {"pooled", "separate"}, optional
        Needed when there are several periods: one frontier over all of them, or one per period.

    Returns
    -------
    SplitTest
        ``meaning`` says in a sentence what follows for a second stage.

    Raises
    ------
    OptionError
    DataError
        Too few units, or too few of them near each other in all circumstances.

    Examples
    --------
    >>> import bench, pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> table = pd.DataFrame({"unit": range(200), "y": rng.uniform(1, 5, 200), "travel": rng.uniform(0, 1, 200)})
    >>> table["x"] = table["y"] * np.exp(table["travel"] + rng.exponential(0.1, 200))
    >>> units = bench.Units.from_frame(table, id="unit", inputs=["x"], outputs=["y"], environment=["travel"])
    >>> separability_test(units, rts="crs", seed=1).p_value < 0.01
    True
    """
    side = side_of(orientation)
    kind = one_of(rts, ("crs", "vrs", "fdh"), "rts of the test: a rate is known for")
    check_splits(min(splits, halves))
    names, Z = circumstances(units, variables)
    if len(units) < 4 * FEWEST:
        raise DataError(f"the test of separability needs at least {4 * FEWEST} units, not {len(units)}")
    X, Y = units.X, units.Y
    given = given_bandwidth(bandwidth, len(names))
    h = cross_validated(X, Y, Z, side) if given is None else given
    share = float((kernel_weights(Z, Z, h) > 0).mean())
    if share * len(units) / 4 < _FEWEST_NEAR:
        raise DataError(
            f"within the bandwidth a quarter of the units holds {share * len(units) / 4:.1f} near each one, on "
            f"average: at least {_FEWEST_NEAR} are needed; use fewer circumstances or a larger bandwidth"
        )
    kappa = rate(kind, X.shape[1], Y.shape[1])
    inside, among = conditional_shares(X, Y, Z, h, kind, side), efficiencies(X, Y, kind, side)

    def means(first: IndexArray, second: IndexArray, generator: np.random.Generator) -> tuple[Mean, Mean]:
        near = share * len(first)
        return (
            mean_of(inside, first, kappa, generator, splits=halves, rts=kind, effective=near),
            mean_of(among, second, kappa, generator, splits=halves, rts=kind),
        )

    statistics, p_values, differences, used = split_test(len(units), seed, splits, means)
    p = combined(p_values)
    listed = ", ".join(names)
    meaning = (
        f"p = {p:.3g}: {listed} shift the frontier itself (at 5 %), so a second-stage regression of these scores has "
        "no meaning; compare units in similar circumstances instead (conditional efficiency)"
        if p < 0.05
        else f"p = {p:.3g}: the data do not show that {listed} shift the frontier; a second-stage regression may be "
        "used, but that the test does not reject is no proof"
    )
    return SplitTest(
        "separability",
        meaning,
        p,
        float(np.median(statistics)),
        float(np.median(differences)),
        statistics,
        p_values,
        used,
    )
