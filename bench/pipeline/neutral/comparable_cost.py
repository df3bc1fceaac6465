"""Costs on one footing: what some units do not carry in their accounts is added before they are compared.

A municipal home has no VAT of its own and no overhead in its accounts, a private one may lack the pension premium.
Rates ``a`` and amounts ``F`` are stated with source and date, and the frontier sees ``C·(1 + a) + F``. A score ``E`` is
a share of that; the norm is said in the unit's own accounts, ``N·(1 + a) + F = E·(C·(1 + a) + F)``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from bench.errors import DataError, Issue, SettlementError, nearest
from bench.modelfile import Model
from bench.pipeline.figures import rule_rows
from bench.pipeline.schemes import SchemeData
from bench.results import COLUMNS, empty_frame
from bench.stykkpris.identities import stated_difference
from bench.typing import FloatArray
from bench.units import Units

#: Columns the adjustments are kept in: the cost that is compared, and what makes it.
COMPARABLE, RATE, AMOUNT = "comparable_cost", "comparable_rate", "comparable_amount"


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A table whose costs are on one footing.

    Attributes
    ----------
    units : Units
    lines : DataFrame
        Columns of ``COLUMNS["cost_adjustments"]``: every line of every row that has one.
    """

    units: Units
    lines: pd.DataFrame


def with_comparable(model: Model, units: Units) -> Compared:
    """Add each row's stated adjustments to its cost.

    Raises
    ------
    ModelError
        For a unit that is not in the table, or a column there is already.
    """
    if not model.adjustment:
        return Compared(units, empty_frame("cost_adjustments"))
    frame = units.frame
    for name in (COMPARABLE, RATE, AMOUNT):
        if name in frame.columns:
            raise model.refuse(
                f"the table has a column {name!r}, which is what adjusted costs are kept in: rename it", ("adjustment",)
            )
    cost = frame[model.data.cost].to_numpy(dtype=np.float64)
    year = frame[units.period].to_numpy(dtype=np.int64)
    names = frame[units.id].astype(str).to_numpy(dtype=object)
    rate, amount = np.zeros(len(frame)), np.zeros(len(frame))
    rows: list[dict[str, Any]] = []
    for place, rule in enumerate(model.adjustment):
        gone = next((unit for unit in rule.units if unit not in set(names)), None)
        if gone is not None:
            raise model.refuse(
                f"the adjustment is for {gone!r}, which has no row{nearest(gone, list(set(names)))}",
                ("adjustment", place, "units"),
            )
        here = np.isin(names, rule.units)
        if rule.where is not None:
            here |= rule_rows(model, units, [rule.where], "adjustment.where")[0]
        stated = rule.rate if rule.rate is not None else rule.amount
        assert stated is not None
        for row in np.flatnonzero(here):
            entry = stated.entry_at(int(year[row]))
            if entry is None:
                continue
            added = entry.value * cost[row] if rule.rate is not None else entry.value
            (rate if rule.rate is not None else amount)[row] += entry.value
            rows.append(
                {
                    "scheme": "" if units.scheme is None else str(frame[units.scheme].iloc[row]),
                    "unit": names[row],
                    "year": int(year[row]),
                    "line": rule.line,
                    "rate": entry.value if rule.rate is not None else np.nan,
                    "amount": added,
                    "reason": rule.reason,
                    "source": entry.source,
                }
            )
    made = frame.assign(**{COMPARABLE: cost * (1.0 + rate) + amount, RATE: rate, AMOUNT: amount})
    wrong = np.flatnonzero(~(made[COMPARABLE].to_numpy() > 0.0) & (cost > 0.0))
    if wrong.size:
        raise DataError(
            [
                Issue(
                    "nothing-left",
                    "the adjustments leave no cost to compare",
                    "correct the adjustment of this unit",
                    unit=str(names[row]),
                    period=str(year[row]),
                )
                for row in wrong
            ]
        )
    more = replace(units, frame=made, extra=(*units.extra, COMPARABLE, RATE, AMOUNT))
    return Compared(more, pd.DataFrame(rows, columns=list(COLUMNS["cost_adjustments"])))


def in_accounts(data: SchemeData, rows: Any, score: FloatArray) -> FloatArray:
    """Return what scores of rows make of their cost in the units' own accounts, array (rows,).

    Raises
    ------
    DataError
        When an amount that stays leaves nothing for the unit's own accounts.
    """
    cost, frame = data.cost[rows], data.units.frame
    norm = score * cost
    if AMOUNT not in frame.columns:
        return np.asarray(norm)
    stays, rate = frame[AMOUNT].to_numpy(dtype=np.float64)[rows], frame[RATE].to_numpy(dtype=np.float64)[rows]
    norm = norm + (score - 1.0) * stays / (1.0 + rate)
    wrong = np.flatnonzero(norm < 0.0)
    if wrong.size:
        names, years = data.unit[rows], data.year[rows]
        raise DataError(
            [
                Issue(
                    "norm-below-zero",
                    "the norm of comparable cost is less than the amounts that are added to this unit's cost",
                    "state the adjustment as a rate, or correct it",
                    unit=str(names[row]),
                    period=str(years[row]),
                )
                for row in wrong
            ]
        )
    return np.asarray(norm)


def comparable_checks(model: Model, units: Units, lines: pd.DataFrame) -> list[dict[str, Any]]:
    """Return cost and adjustments against comparable cost, year by year, as rows of ``checks``.

    Raises
    ------
    SettlementError
        When one is off by more than 1e-9.
    """
    if not model.adjustment:
        return []
    found = []
    dated = units.frame[units.period]
    for year in units.periods:
        part = units.frame[dated == year]
        left = float(part[model.data.cost].sum() + lines.loc[lines["year"] == year, "amount"].sum())
        right = float(part[COMPARABLE].sum())
        tolerance = 1e-9 * abs(right)
        if not abs(left - right) <= tolerance:
            raise SettlementError(f"cost and adjustments ({year})", left - right)
        row: Mapping[str, Any] = {
            "check": "cost + adjustments = comparable cost",
            "scheme": "",
            "year": year,
            "left": left,
            "right": right,
            "difference": stated_difference(left, right),
            "tolerance": tolerance,
        }
        found.append(dict(row))
    return found


def compared_inputs(model: Model, inputs: Sequence[str]) -> tuple[str, ...]:
    """Return the inputs of a frontier with the cost on one footing in place of the accounts' own."""
    if not model.adjustment:
        return tuple(inputs)
    return tuple(COMPARABLE if name == model.data.cost else name for name in inputs)
