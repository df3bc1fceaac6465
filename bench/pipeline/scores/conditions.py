"""Scores corrected for conditions after the frontier: each unit's differences to its own peers, with composites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bench import norms
from bench.errors import DataError, Issue, ModelError
from bench.modelfile import Model
from bench.modelfile.sections.chain import Correction
from bench.pipeline.schemes import SchemeData
from bench.pipeline.scores.inference import Sureness
from bench.pipeline.scores.methods import Choice, Measured, base_shares, share_matrix
from bench.pipeline.scores.sample import Sample, refuse_missing
from bench.typing import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Corrected:
    """Corrected scores of a sample, with the rows that say how.

    Attributes
    ----------
    score : array (e,)
    conditions : list of dict
        One per unit and condition: value, mean of its peers, difference, coefficient, correction.
    coefficients : list of dict
        One per condition: coefficient, standard error, rows in the regression.
    composites : list of dict
        One per unit and composite.
    loadings : list of dict
        One per composite and condition in it.
    """

    score: FloatArray
    conditions: list[dict[str, Any]]
    coefficients: list[dict[str, Any]]
    composites: list[dict[str, Any]]
    loadings: list[dict[str, Any]]


def corrected_scores(
    model: Model,
    rule: Correction,
    choice: Choice,
    sample: Sample,
    found: Measured,
    data: SchemeData,
    sure: Sureness | None,
    *,
    workers: int = 1,
) -> Corrected:
    """Correct a sample's scores for how the units' conditions differ from those of their own peers.

    The regression is fitted on the rows that make the frontier, measured against themselves; its coefficients then
    correct the scores of the evaluated rows by the differences to *their* peers.

    Raises
    ------
    ModelError
        For a condition the table lacks.
    DataError
        When a condition changes between the rows of a unit that are averaged.
    """
    assert found.peers is not None
    conditions, composites, loadings = _conditions(model, rule, sample, data)
    names = list(rule.conditions)
    base = np.column_stack([conditions[name] for name in names])
    evaluated = base[_place(sample)]
    _, own = base_shares(choice, sample, workers)
    shares = share_matrix(found.peers, sample.evaluated, sample)
    if rule.dependent == "corrected":
        if sure is None:
            raise ModelError(
                "the correction explains bias-corrected scores: state [frontier.inference], or dependent = 'plain'",
                file=model.file,
                key="frontier.correction.dependent",
            )
        dependent = sure.corrected
    else:
        dependent = base_shares(choice, sample, workers)[0]
    fit = _fit(rule, base, own, dependent, sample)
    limit = None if rule.limit is None else rule.limit.at(sample.year)
    difference = evaluated - shares @ base
    whole = difference @ fit.coefficient
    correction = whole if limit is None else np.clip(whole, -limit, limit)
    units = [str(name) for name in sample.evaluated.frame[sample.evaluated.id]]
    rows = [
        {
            "unit": unit,
            "year": sample.year,
            "condition": name,
            "value": evaluated[row, place],
            "peer_value": evaluated[row, place] - difference[row, place],
            "difference": difference[row, place],
            "coefficient": fit.coefficient[place],
            "correction": difference[row, place] * fit.coefficient[place],
            "limited": bool(correction[row] != whole[row]),
        }
        for row, unit in enumerate(units)
        for place, name in enumerate(names)
    ]
    coefficients = [
        {
            "year": sample.year,
            "condition": name,
            "coefficient": value,
            "standard_error": error,
            "rows": int(fit.used.sum()),
        }
        for name, value, error in zip(
            ["constant", *names], [fit.constant, *fit.coefficient], [np.nan, *fit.standard_error], strict=True
        )
    ]
    return Corrected(found.efficiency - correction, rows, coefficients, composites, loadings)


def _fit(
    rule: Correction, base: FloatArray, own: FloatArray, dependent: FloatArray, sample: Sample
) -> norms.PeerDifferences:
    here = np.flatnonzero(sample.common)
    return norms.peer_differences(
        dependent[here],
        base[here],
        own[here][:, here],
        screen=rule.screen,
        screen_level=rule.screen_level,
    )


def _place(sample: Sample) -> Any:
    """Row of ``base`` with each evaluated unit's conditions."""
    if sample.averaged:
        return sample.base.index.get_indexer(sample.evaluated.index.get_level_values("unit"))
    return sample.base.index.get_indexer(sample.evaluated.index)


def _conditions(
    model: Model, rule: Correction, sample: Sample, data: SchemeData
) -> tuple[dict[str, FloatArray], list[dict[str, Any]], list[dict[str, Any]]]:
    """Conditions and composites of the rows of ``base``; composites over the rows that make the frontier."""
    groups = {part.id: part for part in rule.composite}
    plain = [name for name in rule.conditions if name not in groups]
    wanted = list(dict.fromkeys([*plain, *(column for part in rule.composite for column in part.columns)]))
    refuse_missing(model, data, "correction.conditions", wanted)
    values = {name: _base_values(data.units.frame[name].to_numpy(dtype=np.float64), sample, data) for name in wanted}
    units = [str(name) for name in sample.base.frame[sample.base.id]]
    here = np.flatnonzero(sample.common)
    composites, loadings = [], []
    for part in rule.composite:
        block = np.column_stack([values[column] for column in part.columns])
        made = norms.composite(block[here], part.columns.index(part.positive))
        middle, spread = block[here].mean(axis=0), block[here].std(axis=0, ddof=1)
        values[part.id] = ((block - middle) / spread) @ made.loadings
        composites += [
            {"unit": unit, "year": sample.year, "composite": part.id, "value": value}
            for unit, value in zip(units, values[part.id], strict=True)
        ]
        loadings += [
            {"year": sample.year, "composite": part.id, "condition": column, "loading": loading, "share": made.share}
            for column, loading in zip(part.columns, made.loadings, strict=True)
        ]
    return values, composites, loadings


def _base_values(values: FloatArray, sample: Sample, data: SchemeData) -> FloatArray:
    """A condition of the rows of ``base``: of the decision year where the rows are averaged."""
    names, years = data.unit, data.year
    if sample.averaged:
        # A unit that is gone by then, and stays a peer by its fixed years, has the value it had last.
        known = np.flatnonzero(years <= sample.year)
        now = {names[row]: values[row] for row in known[np.argsort(years[known], kind="stable")]}
        return np.array([now[unit] for unit in sample.base.frame[sample.base.id]])
    by_row = {(names[row], int(years[row])): values[row] for row in range(len(names))}
    keys = zip(sample.base.frame[sample.base.id], sample.base.frame["year"], strict=True)
    found = np.array([by_row[unit, int(year)] for unit, year in keys])
    if np.isnan(found).any():
        raise DataError([Issue("empty-cell", "a condition is missing", "give it for every unit in the frontier")])
    return found
