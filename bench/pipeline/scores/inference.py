"""How sure a variant's DEA scores are: bias correction and intervals by resampling, or given corrected scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.envelopment.inference.rank_intervals import ranks
from bench.errors import DataError, Issue
from bench.modelfile.sections.chain import Inference
from bench.pipeline.schemes import SchemeData
from bench.pipeline.scores.methods import Choice
from bench.pipeline.scores.sample import Sample, flat
from bench.typing import FloatArray, IndexArray

#: Fewest draws in which all units can be compared.
LEAST_DRAWS = 100


@dataclass(frozen=True, slots=True, eq=False)
class Sureness:
    """Scores of the rows of ``base`` with their uncertainty.

    Attributes
    ----------
    estimate, corrected, lower, upper : array (b,)
        Missing for rows that are nobody's peer: the resampling imitates how the peers' frontier came about. Given
        scores have no interval.
    source : str
        ``bootstrap``, ``subsampling`` or ``column …``.
    ranks : tuple of dict
        One per unit of the decision year, where ranks are asked for.
    """

    estimate: FloatArray
    corrected: FloatArray
    lower: FloatArray
    upper: FloatArray
    source: str
    ranks: tuple[dict[str, Any], ...] = ()


def sureness(rule: Inference, choice: Choice, sample: Sample, data: SchemeData, *, workers: int = 1) -> Sureness:
    """Return corrected scores and intervals of the rows a frontier is made of.

    Raises
    ------
    DataError
        When the column of given scores has none for a unit.
    """
    from bench.envelopment import dea

    here = np.flatnonzero(sample.common)
    units = flat(sample.base.take(here))
    options: dict[str, Any] = {"rts": choice.rts, "orientation": choice.orientation, "periods": "pooled"}
    estimate = dea(units, workers=workers, **options).efficiency
    found: dict[str, Any] = {
        name: np.full(len(sample.base), np.nan) for name in ("estimate", "corrected", "lower", "upper")
    }
    found["estimate"][here] = np.asarray(estimate, dtype=np.float64)
    if rule.column is not None and rule.column in data.units.frame.columns:
        found["corrected"][here] = _given(rule.column, sample, data)[here]
        if rule.ranks:
            raise _no_ranks(
                sample, f"the scores are given in the column {rule.column!r}", "take the column out, or ranks = false"
            )
        return Sureness(**found, source=f"column {rule.column}")
    result = _resampled(rule, choice, units, workers)
    for name, column in (("corrected", "efficiency"), ("lower", "lower"), ("upper", "upper")):
        found[name][here] = result.frame[column].to_numpy(dtype=np.float64)
    ranked = _ranks(rule, sample, here, result.values) if rule.ranks else ()
    return Sureness(**found, source=rule.method, ranks=ranked)


def _no_ranks(sample: Sample, why: str, remedy: str) -> DataError:
    message = f"ranks need three units and {LEAST_DRAWS} draws of all of them: {why}"
    return DataError([Issue("no-ranks", message, remedy, period=str(sample.year))])


def _ranks(rule: Inference, sample: Sample, here: IndexArray, drawn: Any) -> tuple[dict[str, Any], ...]:
    """Rank the units of the decision year among each other, by the draws of all rows together."""
    base = sample.base
    now = np.ones(len(here), dtype=bool)
    if base.period is not None:
        now = (base.frame[base.period].to_numpy() == sample.year)[here]
    now &= np.isfinite(drawn.corrected)
    replicates = drawn.replicates[:, now]
    complete = replicates[np.isfinite(replicates).all(axis=1)]
    if int(now.sum()) < 3 or len(complete) < LEAST_DRAWS:
        raise _no_ranks(
            sample,
            f"there are {int(now.sum())} units and {len(complete)} draws that all of them can be compared with",
            "take rts = 'crs', more frontier.inference.replicates, or ranks = false",
        )
    least = rule.requirement.at(sample.year)
    found = ranks(drawn.distance[now], complete, level=rule.level, requirement=least)
    units = base.frame[base.id].to_numpy(dtype=object)[here][now]
    columns = zip(units, found.rank, found.lower, found.upper, found.best, found.below, strict=True)
    return tuple(
        {
            "unit": str(unit),
            "year": sample.year,
            "rank": float(rank),
            "lower": int(lower),
            "upper": int(upper),
            "best_quarter": float(best),
            "below_requirement": float(below),
            "requirement": least,
        }
        for unit, rank, lower, upper, best, below in columns
    )


def _resampled(rule: Inference, choice: Choice, units: Any, workers: int) -> Any:
    options: dict[str, Any] = {
        "rts": choice.rts,
        "orientation": choice.orientation,
        "seed": rule.seed,
        "replicates": rule.replicates,
        "level": rule.level,
        "workers": workers,
    }
    if rule.method == "subsampling":
        from bench.envelopment import subsampling_efficiency

        return subsampling_efficiency(units, **options)
    if rule.method == "heterogeneous":
        from bench.envelopment import heterogeneous_bootstrap

        return heterogeneous_bootstrap(units, **options)
    from bench.envelopment import bootstrap_efficiency

    if rule.convention is not None:
        options["convention"] = rule.convention
    return bootstrap_efficiency(units, **options)


def _given(column: str, sample: Sample, data: SchemeData) -> FloatArray:
    """Given scores of the decision year, by unit."""
    frame = data.units.frame
    values = frame[column].to_numpy(dtype=np.float64)
    names = data.unit
    now = {names[row]: values[row] for row in np.flatnonzero(data.year == sample.year)}
    units = sample.base.frame[sample.base.id]
    scores = np.array([now.get(unit, np.nan) for unit in units])
    issues = [
        Issue(
            "no-score",
            "the column of corrected scores has none for a unit in the frontier",
            "give the score in the unit's row of the cost year, or take the column out to resample",
            column=column,
            unit=str(units.iloc[row]),
            period=str(sample.year),
        )
        for row in np.flatnonzero((np.isnan(scores) | (scores <= 0.0)) & sample.common)
    ]
    if issues:
        raise DataError(issues)
    return scores
