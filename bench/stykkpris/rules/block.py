"""Block BR: the grant that does not follow activity.

A total that goes on from the budget is ``T_t = share_t·C_0·d_{0→t}·Π(1 + need)``, ``C_0`` the scheme's cost of the
year before the system: no unit's saving moves it. One that follows the accounts is ``T_t = share_t·C_{t−1}·d_t``: what
one unit saves, all lose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bench.errors import DataError, Issue
from bench.modelfile.sections.blocks import Block, Criterion
from bench.typing import BoolArray, FloatArray

#: What to do about a grant without a year before it.
ADD_THE_YEAR = "add the year, or build the grant on its own year: --set 'scheme.*.block.start=contemporaneous'"


def criteria_shares(columns: FloatArray, weights: FloatArray) -> FloatArray:
    """Return each unit's share of a criteria grant.

    Each criterion is first made a share of the scheme, so that measures do not matter, and the shares are weighted:
    ``s_i = Σ_c a_c·z_ic/Σ_j z_jc``.

    Parameters
    ----------
    columns : array (..., n, c)
        Criteria values, not negative.
    weights : array (c,)
        Sum to one.

    Returns
    -------
    array (..., n)
        Sums to one.

    Examples
    --------
    >>> criteria_shares(np.array([[10.0, 1.0], [30.0, 1.0]]), np.array([0.5, 0.5])).tolist()
    [0.375, 0.625]
    """
    return np.asarray((columns / np.sum(columns, axis=-2, keepdims=True)) @ weights)


def criteria_values(columns: Mapping[str, FloatArray], criteria: Sequence[Criterion]) -> FloatArray:
    """Return the value of every criterion, array (..., n, c): its column, times its second column where it has one."""
    return np.stack([np.prod([columns[name] for name in c.columns], axis=0) for c in criteria], axis=-1)


def incremental(base: FloatArray, result: FloatArray | float, *, index: float, need: float, carry: float) -> FloatArray:
    """Return the incremental grant, last year's base moved by index and need plus a share of last year's result.

    ``β' = β·d·(1 + need) + γ·S``. A deficit carried in lowers it.
    """
    return np.asarray(base * index * (1.0 + need) + carry * np.asarray(result))


def refuse_criteria(values: FloatArray, criteria: Sequence[Criterion], units: Sequence[str], year: int) -> None:
    """Refuse criteria that cannot be shares: a negative value, or nothing of it in the whole scheme.

    Parameters
    ----------
    values : array (..., n, c)
        As :func:`criteria_values` returns them.
    criteria : sequence of Criterion
    units : sequence of str, length n
    year : int

    Raises
    ------
    DataError
        With every unit and column.
    """
    flat = np.reshape(values, (-1, len(units), len(criteria)))
    issues = []
    for c, criterion in enumerate(criteria):
        name = " × ".join(criterion.columns)
        issues += [
            Issue(
                "negative-criterion",
                "a criterion of the block grant is negative: it would take money from the unit",
                "correct the value, or leave the criterion out of the model",
                column=name,
                unit=unit,
                period=str(year),
                value=f"{float(flat[:, i, c].min()):g}",
            )
            for i, unit in enumerate(units)
            if flat[:, i, c].min() < 0.0
        ]
        if (flat[:, :, c].sum(axis=1) == 0.0).any():
            issues.append(
                Issue(
                    "empty-criterion",
                    "a criterion of the block grant is zero for every unit, so nobody has a share of it",
                    "give the figures, or leave the criterion out of the model and let the others sum to 1",
                    column=name,
                    period=str(year),
                )
            )
    if issues:
        raise DataError(issues)


def opening_year(rule: Block, first: int, years: Sequence[int], scheme: str) -> int:
    """Return the year whose accounts a budget goes on from: the one before the system's first.

    Parameters
    ----------
    rule : Block
    first : int
        First year of the system.
    years : sequence of int
        Years with accounts.
    scheme : str
        For the message.

    Raises
    ------
    DataError
        When that year has no accounts and the rule does not let the first year stand for it.

    Examples
    --------
    >>> opening_year(Block(start="contemporaneous"), 2003, (2003, 2004), "care")
    2003
    """
    if first - 1 in years:
        return first - 1
    if rule.start == "contemporaneous" and first in years:
        return first
    raise DataError(
        [
            Issue(
                "no-accounts",
                f"the grant of {first} in {scheme!r} needs the accounts of {first - 1}",
                ADD_THE_YEAR,
                period=str(first - 1),
            )
        ]
    )


def need_factor(rule: Block, start: int, end: int) -> float:
    """Return the growth for need of a budget that goes on, ``Π(1 + need_t)`` over the years after ``start``."""
    return float(np.prod([1.0 + rule.need.at(year) for year in range(start + 1, end + 1)]))


def historic_shares(cost: FloatArray) -> FloatArray:
    """Return each unit's share of the cost, array (..., n)."""
    return np.asarray(cost / np.sum(cost, axis=-1, keepdims=True))


def shares_of_those_left(cost: FloatArray, present: BoolArray, units: Sequence[str], year: int) -> FloatArray:
    """Return the historic shares of the units that are there, array (..., n); a unit that has closed leaves its share.

    Parameters
    ----------
    cost : array (..., n)
        Of the year whose shares hold.
    present : bool array (n,)
        Units with accounts in the year of the grant.
    units : sequence of str
    year : int
        Year of the cost, for the message.

    Raises
    ------
    DataError
        When a unit is there that had no cost then: nobody has decided its share.
    """
    new = present & ~np.any(np.reshape(cost > 0.0, (-1, len(units))), axis=0)
    if new.any():
        raise DataError(
            [
                Issue(
                    "no-share",
                    f"the unit had no cost in {year}, so it has no historic share of the grant",
                    "state block.share_year, a year with all units, or let block.base be 'accounts'",
                    unit=unit,
                    period=str(year),
                )
                for unit, there in zip(units, new, strict=True)
                if there
            ]
        )
    return historic_shares(np.where(present, cost, 0.0))
