"""What an efficiency requirement would have been under other scores: the rule of the model on norms made of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.errors import DataError
from bench.norms import own_cost_mix
from bench.pipeline.norming import RequirementRule, norm_of_scores
from bench.pipeline.schemes import SchemeData
from bench.pipeline.scores.sample import UNMEASURED
from bench.pipeline.stages import price_level
from bench.results import RunResult
from bench.typing import BoolArray, FloatArray

#: Norms that are made of an efficiency score.
_OF_SCORES = ("frontier", "dea", "sfa", "stoned")


@dataclass(frozen=True, slots=True, eq=False)
class RequiredUnder:
    """Requirements of the first year of a period under several sets of scores.

    Attributes
    ----------
    year : int
        First year of the requirement.
    share, nok : array (specs, units)
        Of the cost of the accounts the requirement rests on, and NOK in their prices; missing where a unit has no
        score.
    """

    year: int
    share: FloatArray
    nok: FloatArray


def base_year(result: RunResult, scheme: str) -> int | None:
    """Return the year of the accounts that the requirements of a scheme rest on; None where it has none."""
    frame = result.requirements
    if not len(frame):
        return None
    years = frame.loc[frame["scheme"] == scheme, "base_year"].tolist()
    return int(years[0]) if years else None


def required_under(result: RunResult, data: SchemeData, scores: FloatArray) -> RequiredUnder | None:
    """Return the requirements that other scores would have given, in the year the run's own rest on.

    Everything but the score is as in the run: tolerance, floors, own cost, period, path, exemptions. Where the run's
    requirement looks at the end of an interval, these look at the score itself, which has none. Norms that are
    calibrated to a total move with everybody's score, and nothing is said of them.

    Parameters
    ----------
    result : RunResult
    data : SchemeData
        The scheme, all years.
    scores : array (specs, units)
        Units in the order of their rows in that year.
    """
    model, year = result.model, base_year(result, data.name)
    if year is None or model.norm.source not in _OF_SCORES or model.norm.calibrate != "none":
        return None
    rows = np.flatnonzero(data.year == year)
    names = [str(data.unit[row]) for row in rows]
    base = pd.DataFrame({"unit": names, "year": year, "cost": data.cost[rows]})
    rule = RequirementRule.of(model, data, base, price_level(model, result.tables))
    measured = _measured(result, data.name, year, names)
    own = model.norm.own_cost_share.at(year)
    share, nok = np.full(scores.shape, np.nan), np.full(scores.shape, np.nan)
    for line, score in enumerate(scores):
        here = np.isfinite(score) & measured
        try:
            norm = norm_of_scores(model, data, rows[here], score[here])
        except DataError:  # a score at which stated amounts are more than the norm says nothing of a requirement
            continue
        whole = rule.cost.copy()
        whole[here] = own_cost_mix(rule.cost[here], norm, own)
        if here.any():
            path = rule(whole, here)
            share[line, here], nok[line, here] = path.requirement[:, 0], path.requirement_nok[:, 0]
    return RequiredUnder(result.model.requirement.year_list[0], share, nok) if model.requirement else None


def _measured(result: RunResult, scheme: str, year: int, names: list[str]) -> BoolArray:
    """Units with a requirement whose norm is made of their score, which a rule may keep from some."""
    asked = result.requirements
    inside = set(asked.loc[asked["scheme"] == scheme, "unit"].astype(str))
    found = result.efficiency
    if "rule" in found.columns:
        out = found[(found["scheme"] == scheme) & (found["year"] == year) & found["rule"].isin(UNMEASURED)]
        inside -= set(out["unit"].astype(str))
    return np.array([name in inside for name in names], dtype=bool)
