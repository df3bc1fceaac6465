"""What a requirement costs in error where the truth is known, and how that changes with the choices behind it.

No choice of combination, evidence or share of the frontier is free of both errors: asked of units that have nothing to
give, and potential nobody is asked for. What is asked of a unit is what the scheme pays it less: its own requirement,
or its part by volume of what lowers a price for all. The scores are measured once; every choice is then worked out from
them by the chain's own norms and paths.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from bench.errors import DataError, Issue
from bench.modelfile import Model
from bench.modelfile.sections.analysis import COMBINE
from bench.modelfile.sections.pricing import FIXED_SOURCES
from bench.norms.known_truth import DecisionError, decision_error, dominated
from bench.pipeline.frontier import SchemeFrontier
from bench.pipeline.norming import requirements, scheme_norms
from bench.pipeline.schemes import SchemeData
from bench.pipeline.scores.combination import combined_scores
from bench.pipeline.scores.sample import PriceLevel
from bench.results import COLUMNS, empty_frame
from bench.typing import FloatArray


def requirement_error(required: pd.DataFrame, truth: pd.DataFrame | None) -> pd.DataFrame:
    """Hold what the whole individual requirement asks of each unit against its true efficiency in the base year.

    Raises
    ------
    DataError
        When the truth of a unit is not told.
    """
    if truth is None or not len(required):
        return empty_frame("decision_error")
    rows = []
    for scheme, part in required.groupby("scheme", sort=False):
        base, share, cost = _asked(part)
        error = decision_error(cost, _true(truth, part, base), share * cost)
        rows.append({"scheme": scheme, "base_year": base, **asdict(error)})
    return pd.DataFrame(rows, columns=list(COLUMNS["decision_error"]))


def _asked(part: pd.DataFrame) -> tuple[int, FloatArray, FloatArray]:
    """Base year, share of cost asked over the whole period, and cost of each unit of one scheme's requirement."""
    left = (1.0 - part["individual"]).groupby(part["unit"], sort=False).prod()
    cost = part.groupby("unit", sort=False)["base_cost"].first().reindex(left.index)
    return int(part["base_year"].iloc[0]), 1.0 - left.to_numpy(dtype=np.float64), cost.to_numpy(dtype=np.float64)


def _true(truth: pd.DataFrame, part: pd.DataFrame, base: int) -> FloatArray:
    known = {(str(u), int(y)): float(e) for u, y, e in truth[["unit", "year", "efficiency"]].itertuples(index=False)}
    units = [str(unit) for unit in dict.fromkeys(part["unit"])]
    gone = [unit for unit in units if (unit, base) not in known]
    if gone:
        message = f"the table 'truth' has no row of {', '.join(gone)} in {base}"
        raise DataError([Issue("no-truth", message, "add the rows, or take the table out", period=str(base))])
    return np.array([known[unit, base] for unit in units])


def decision_tradeoff(
    model: Model,
    parts: Sequence[SchemeData],
    frontiers: Sequence[SchemeFrontier | None],
    share: Mapping[str, Mapping[int, float]],
    level: PriceLevel,
    truth: pd.DataFrame | None,
) -> pd.DataFrame:
    """Return both errors of every choice, and which others err less both ways: ``COLUMNS["decision_tradeoff"]``.

    Parameters
    ----------
    model : Model
    parts, frontiers : sequence of length schemes
    share : mapping of scheme to mapping of year to float
        The scheme's share of all cost, for budgets of the whole.
    level : callable
    truth : DataFrame or None
        ``unit, year, efficiency``.
    """
    if truth is None or model.requirement is None:
        return empty_frame("decision_tradeoff")
    rows: list[dict[str, Any]] = []
    for data, frontier in zip(parts, frontiers, strict=True):
        if frontier is None:
            continue
        found: dict[str, DecisionError] = {}
        own: list[dict[str, Any]] = []
        for combination, evidence in _choices(model, frontier):
            changed, scores = _with(model, frontier, combination, evidence)
            norm = scheme_norms(changed, data, scores, share[data.name])
            part = requirements(changed, [data], norm, level)
            base, asked, cost = _asked(part)
            known = _true(truth, part, base)
            gap, volume = _price_gap(data, norm, part, base)
            for theta in _shares(model, data, base):
                own_part = (1.0 - theta) * asked * cost
                if model.requirement.feeds == "price":  # the scheme's mean: everybody pays by volume
                    own_part = own_part.sum() * volume
                error = decision_error(cost, known, own_part + theta * gap * volume)
                name = f"{combination}, {evidence}, {theta:g}"
                found[name] = error
                stated = combination == model.frontier.combine and evidence == model.requirement.evidence
                stated &= theta == _stated_share(model, data, base)
                own.append(
                    {
                        "scheme": data.name,
                        "base_year": base,
                        "combination": combination,
                        "evidence": evidence,
                        "frontier_share": theta,
                        "stated": stated,
                        **asdict(error),
                    }
                )
        names = list(found)
        rows += [
            {**row, "dominated_by": "; ".join(dominated(found, name))} for name, row in zip(names, own, strict=True)
        ]
    return pd.DataFrame(rows, columns=list(COLUMNS["decision_tradeoff"]))


def _choices(model: Model, frontier: SchemeFrontier) -> Iterator[tuple[str, str]]:
    """Combinations of the variants by word beside the stated one, each with plain scores and with intervals."""
    rule = model.frontier
    several = len(frontier.by_method) > 1 and model.norm.source == "frontier"
    words = [word for word in COMBINE if word != "best"] if several else []  # best and max are the same of scores
    words = [word for word in words if not (rule.combine == "best" and word == "max")]
    for combination in dict.fromkeys((rule.combine, *words)):
        yield combination, "plain"
        if any(np.isfinite(upper).any() for upper in frontier.upper_by_method.values()):
            yield combination, "interval"


def _with(model: Model, frontier: SchemeFrontier, combination: str, evidence: str) -> tuple[Model, SchemeFrontier]:
    """The model and its scores with another combination and evidence."""
    rule = model.requirement
    assert rule is not None
    changed = model.model_copy(update={"requirement": rule.model_copy(update={"evidence": evidence})})
    if combination == model.frontier.combine:
        return changed, frontier
    weights = {variant.id: getattr(variant, "weight", 1.0) for variant in model.frontier.variants}

    def combine(values: Mapping[str, FloatArray]) -> FloatArray:
        return combined_scores(values, combination, weights, best_in_one=model.frontier.bgh)

    told = replace(frontier, efficiency=combine(frontier.by_method), upper=combine(frontier.upper_by_method))
    return changed, told


def _price_gap(data: SchemeData, norm: pd.DataFrame, part: pd.DataFrame, base: int) -> tuple[float, FloatArray]:
    """What a price at the frontier's level pays less than one at average cost, and each unit's share of the volume."""
    rows = norm[(norm["year"] == base) & norm["norm"].notna()].set_index("unit")
    here = np.flatnonzero(data.year == base)
    weighted = dict(zip(data.unit[here], data.weighted_volume[here], strict=True))
    volume = np.array([weighted[unit] for unit in dict.fromkeys(part["unit"])])
    return float(rows["cost"].sum() - rows["norm"].sum()), np.asarray(volume / volume.sum())


def _stated_share(model: Model, data: SchemeData, base: int) -> float:
    """The share of the frontier in the price; none where the price does not look at the norm."""
    price = data.rule.price
    if price.source == "frontier":
        return 1.0
    if price.source in (*FIXED_SOURCES, "none", "previous") or price.frontier_reference != "norm":
        return 0.0
    return price.frontier_share.at(base + max(price.lag, 1))


def _shares(model: Model, data: SchemeData, base: int) -> list[float]:
    return sorted({0.0, _stated_share(model, data, base), 1.0})
