"""What a unit gains by recording more than it made: recorded volume is paid twice, by the price and by the score.

Each unit in turn records a share more of every service in the last year, and everything else stays. The frontier is
measured again as a run does, so the effect is that of the method the model has, and what the others lose is seen too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from bench.modelfile import Model
from bench.pipeline.frontier import scheme_frontier
from bench.pipeline.norming import scheme_norms
from bench.pipeline.schemes import SchemeData
from bench.pipeline.scores.sample import PriceLevel, decision_years
from bench.results import COLUMNS, empty_frame


def over_recording(
    model: Model,
    parts: Sequence[SchemeData],
    level: PriceLevel,
    norm: pd.DataFrame,
    lines: pd.DataFrame,
    *,
    workers: int = 1,
) -> pd.DataFrame:
    """Return what over-recording gives each unit of the last decision: columns of ``COLUMNS["over_recording"]``.

    Parameters
    ----------
    model : Model
    parts : sequence of SchemeData
    level : callable
    norm : DataFrame
        Norms of the run as it is.
    lines : DataFrame
        Settlement lines: what the volume of the year is paid.
    workers : int

    Raises
    ------
    ModelError
        Where scores rest on resampling, which would have to be drawn again for every unit.
    """
    rule = model.over_recording
    if rule is None or not model.frontier.variants:
        return empty_frame("over_recording")
    rows: list[dict[str, Any]] = []
    for data in parts:
        _refuse_resampled(model, data)
        year = decision_years(model, data)[-1]
        single = _plain(model, year)
        share = {year: _share_of_cost(parts, data, year)}
        before = norm[(norm["scheme"] == data.name) & (norm["year"] == year)].set_index("unit")
        paid = _paid(lines, data.name, year)
        for row in np.flatnonzero(data.year == year):
            unit = str(data.unit[row])
            after = _norms_with(single, data, int(row), 1.0 + rule.share, level, share, workers).set_index("unit")
            change = after["norm"] - before["norm"]
            rows.append(
                {
                    "scheme": data.name,
                    "unit": unit,
                    "year": year,
                    "share": rule.share,
                    "paid": rule.share * paid.get(unit, np.nan),
                    "efficiency": before.loc[unit, "efficiency"],
                    "efficiency_after": after.loc[unit, "efficiency"],
                    "norm_change": change[unit],
                    "others_norm_change": float(change.drop(unit).sum()),
                }
            )
    return pd.DataFrame(rows, columns=list(COLUMNS["over_recording"]))


def _norms_with(
    model: Model, data: SchemeData, row: int, factor: float, level: PriceLevel, share: Mapping[int, float], workers: int
) -> pd.DataFrame:
    """Norms of the last year where one row has recorded more."""
    volumes = data.volumes.copy()
    volumes[row] *= factor
    changed = replace(data, volumes=volumes)
    return scheme_norms(model, changed, scheme_frontier(model, changed, level, workers=workers), share)


def _plain(model: Model, year: int) -> Model:
    """The model with the last decision alone, and without intervals, which no norm looks at."""
    frontier = model.frontier
    own = {name: part.model_copy(update={"inference": None}) for name, part in frontier.by_scheme.items()}
    alone = {"inference": None, "by_scheme": own} | ({} if model.decision is not None else {"first_year": year})
    return model.model_copy(update={"frontier": frontier.model_copy(update=alone)})


def _share_of_cost(parts: Sequence[SchemeData], data: SchemeData, year: int) -> float:
    whole = sum(float(part.cost[part.year == year].sum()) for part in parts)
    return float(data.cost[data.year == year].sum()) / whole


def _paid(lines: pd.DataFrame, scheme: str, year: int) -> dict[str, float]:
    """What the volume of a year was paid, by unit."""
    here = lines[(lines["scheme"] == scheme) & (lines["year"] == year)]
    return {str(unit): float(part) for unit, part in here.groupby("unit")["income"].sum().items()}


def _refuse_resampled(model: Model, data: SchemeData) -> None:
    options = model.frontier_for(data.name)
    corrected = options.inference is not None and options.inference.use == "corrected"
    if corrected or options.correction is not None:
        raise model.refuse(
            f"scheme {data.name!r}: over-recording is shown for scores that are measured again for every unit, not for "
            "those corrected by resampling or for conditions: take [over_recording] out",
            ("over_recording",),
        )
