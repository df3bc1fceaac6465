"""Screens of a sample for outliers, and what is done with those they find; nothing is removed unasked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bench.errors import ModelError
from bench.modelfile.sections.chain import FITTED_METHODS, Screen
from bench.pipeline.scores.methods import Choice
from bench.pipeline.scores.sample import Sample, flat
from bench.typing import BoolArray, FloatArray
from bench.units import Units

#: Most times a screen is repeated: each round but the last takes somebody out.
_ROUNDS = 100


@dataclass(frozen=True, slots=True, eq=False)
class Screened:
    """A sample after its screens.

    Attributes
    ----------
    sample : Sample
        With those that may be nobody's peer marked.
    removed : array (b,) of bool
        Rows of ``base`` taken out.
    rows : tuple of dict
        One per finding: unit, year, test, round, statistic, limit, action.
    """

    sample: Sample
    removed: BoolArray
    rows: tuple[dict[str, Any], ...]


def screened(choice: Choice, sample: Sample, screens: Sequence[Screen], *, workers: int = 1) -> Screened:
    """Run the screens for a variant's method on the rows that may be peers, one after the other.

    Raises
    ------
    ModelError
        When a screen leaves fewer rows than the frontier has inputs and outputs.
    """
    common = sample.common.copy()
    removed = np.zeros(len(common), dtype=bool)
    rows: list[dict[str, Any]] = []
    for place_of_screen, screen in enumerate(screens, start=1):
        if screen.fitted != (choice.method in FITTED_METHODS):
            continue
        for number in range(1, _ROUNDS + 1):
            here = np.flatnonzero(common)
            units = flat(sample.base.take(here))
            hit, statistic, limit = _TESTS[screen.test](choice, units, screen, workers)
            for place in np.flatnonzero(hit):
                row = int(here[place])
                rows.append(
                    {
                        "unit": str(sample.base.frame[sample.base.id].iloc[row]),
                        "year": sample.year,
                        "variant": choice.id,
                        "test": screen.test,
                        "round": number,
                        "statistic": float(statistic[place]),
                        "limit": float(limit),
                        "action": screen.action,
                    }
                )
            if screen.action == "report" or not hit.any():
                break
            common[here[hit]] = False
            if screen.action == "remove":
                removed[here[hit]] = True
            if int(common.sum()) <= len(choice.inputs) + len(choice.outputs):
                raise ModelError(
                    f"variant {choice.id!r}: the screen {screen.test!r} leaves {int(common.sum())} units for "
                    f"{len(choice.inputs)} inputs and {len(choice.outputs)} outputs in {sample.year}: loosen "
                    "frontier.screen, or let it report only",
                    key=f"frontier.screen[{place_of_screen}]",
                )
            if not screen.repeat:
                break
    return Screened(replace(sample, common=common), removed, tuple(rows))


def _dominance(choice: Choice, units: Units, screen: Screen, workers: int) -> tuple[BoolArray, FloatArray, float]:
    from bench.envelopment import outlier_screen

    found = outlier_screen(
        units, rts=str(choice.rts), orientation=choice.orientation, level=screen.level, workers=workers
    )
    p = found["dominance"].to_numpy(dtype=np.float64)
    return p < screen.level, p, screen.level


def _iqr(choice: Choice, units: Units, screen: Screen, workers: int) -> tuple[BoolArray, FloatArray, float]:
    from bench.envelopment import outlier_screen

    found = outlier_screen(units, rts=str(choice.rts), orientation=choice.orientation, workers=workers)
    score = found["super_efficiency"].to_numpy(dtype=np.float64)
    lower, upper = np.quantile(score[np.isfinite(score)], [0.25, 0.75])
    limit = float(upper + screen.factor * (upper - lower))
    return np.isnan(score) | (score > limit), score, limit


def _order_m(choice: Choice, units: Units, screen: Screen, workers: int) -> tuple[BoolArray, FloatArray, float]:
    from bench.envelopment import order_m_outliers

    frame = order_m_outliers(units, threshold=screen.threshold, side=choice.orientation).frame
    return frame["outlier"].to_numpy(dtype=bool), frame["beyond"].to_numpy(dtype=np.float64), 1.0 + screen.threshold


def _wilson(choice: Choice, units: Units, screen: Screen, workers: int) -> tuple[BoolArray, FloatArray, float]:
    """The subset whose removal shrinks the data cloud most, of the size with the largest gap to the next."""
    from bench.envelopment import wilson_outliers

    found = wilson_outliers(units, deletions=screen.deletions)
    gap = found["gap"].to_numpy(dtype=np.float64)
    chosen = int(np.nanargmax(gap))
    hit = np.zeros(len(units), dtype=bool)
    hit[list(found.values.units[chosen])] = True
    return hit, np.full(len(units), float(gap[chosen])), float("nan")


def _influence(choice: Choice, units: Units, screen: Screen, workers: int) -> tuple[BoolArray, FloatArray, float]:
    """What each row does to the average function that the frontier is, moved outwards."""
    from bench.stochastic.forms import frontier_design
    from bench.stochastic.least_squares.influence import regression_influence

    design = frontier_design(units, kind=choice.kind, form=choice.form, environment=choice.environment)
    found = regression_influence(design.y, design.X)
    if screen.test == "cook":
        statistic, usual = found.cook, found.cook_limit
    else:
        statistic, usual = np.abs(found.dfbetas).max(axis=1), found.dfbetas_limit
    limit = usual if screen.limit is None else screen.limit
    return statistic > limit, statistic, limit


_TESTS = {
    "dominance": _dominance,
    "iqr": _iqr,
    "order-m": _order_m,
    "wilson": _wilson,
    "cook": _influence,
    "dfbetas": _influence,
}
