"""Whether a budget, orders or volumes by month are in the measure of the accounts: no table is ten times the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bench.errors import Issue
from bench.modelfile import Model
from bench.pipeline.schemes import SchemeData
from bench.stykkpris.tables import named_services

#: So many times the accounts, or so small a part of them, is another measure and no plan.
FACTOR = 5.0
RULE = "power-of-ten"
_VOLUMES = ("budget_volume", "ordered_volume", "volume")
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Planned:
    """One number of a further table, with the cell it stands in.

    Attributes
    ----------
    table : str
        ``"budget"`` or ``"months"``.
    year : int
    scheme, service, unit : str
        As the table calls them; empty where it does not say.
    quantity : str
        ``"budget_volume"``, ``"ordered_volume"``, ``"budget_amount"`` or ``"volume"``.
    value : float
    place : Issue
        File, sheet, cell, column and text; its message is not used.
    month : int
        0 where the table has none.
    """

    table: str
    year: int
    scheme: str
    service: str
    unit: str
    quantity: str
    value: float
    place: Issue
    month: int = 0


def odd_plans(
    planned: Sequence[Planned], model: Model, parts: Sequence[SchemeData], accept: Collection[str]
) -> list[Issue]:
    """Compare plans with the accounts of their year, or of the last year before.

    Parameters
    ----------
    planned : sequence of Planned
    model : Model
    parts : sequence of SchemeData
        The accounts.
    accept : collection of str
        With ``power-of-ten`` the findings are warnings.

    Returns
    -------
    list of Issue
        One for each number of a unit that is off; one for each year and service where only their sum tells.
    """
    data = {part.name: part for part in parts}
    names = {scheme.id: named_services(scheme) for scheme in model.scheme if scheme.id in data}
    totals: dict[tuple[int, str, str, str], list[Planned]] = defaultdict(list)
    for one in planned:
        homes = [one.scheme] if one.scheme else [name for name, known in names.items() if one.service in known]
        if len(homes) != 1 or homes[0] not in names or one.service not in names[homes[0]]:
            continue  # what the model does not have is named elsewhere
        totals[one.year, homes[0], names[homes[0]][one.service], one.quantity].append(one)
    issues: list[Issue] = []
    for (year, scheme, service, quantity), rows in totals.items():
        if quantity in _VOLUMES:
            column = data[scheme].services.index(service)
            issues += _compared(rows, data[scheme], year, data[scheme].volumes[:, column], "volume")
    for (year, scheme), rows, whole in _amounts(totals, data):
        issues += _compared(rows, data[scheme], year, data[scheme].cost, "cost", below=whole)
    return [replace(one, severity="warning") for one in issues] if RULE in accept else issues


def _amounts(
    totals: Mapping[tuple[int, str, str, str], list[Planned]], data: Mapping[str, SchemeData]
) -> Iterable[tuple[tuple[int, str], list[Planned], bool]]:
    """Amounts of each year and scheme over its services, and whether every service has one."""
    found: dict[tuple[int, str], dict[str, list[Planned]]] = defaultdict(dict)
    for (year, scheme, service, quantity), rows in totals.items():
        if quantity == "budget_amount":
            found[year, scheme][service] = rows
    for key, services in found.items():
        yield key, [one for rows in services.values() for one in rows], len(services) == len(data[key[1]].services)


def _compared(
    rows: Sequence[Planned], data: SchemeData, year: int, values: np.ndarray, what: str, *, below: bool = True
) -> list[Issue]:
    """Compare the rows of one year with the accounts, unit by unit where both know the units, and else their sum."""
    before = [one for one in data.years if one <= year]
    if not before:
        return []
    last = before[-1]
    here = data.year == last
    by_unit: dict[str, float] = defaultdict(float)
    for unit, value in zip(data.unit[here], values[here], strict=True):
        by_unit[str(unit)] += float(value)
    given: dict[str, list[Planned]] = defaultdict(list)
    for one in rows:
        if np.isfinite(one.value):
            given[one.unit].append(one)
    whole = {unit: _yearly(ones) for unit, ones in given.items()}
    if not whole:
        return []
    told = f"the {what} of the accounts in {last}"
    odd = {unit: power for unit in given if unit in by_unit and (power := _power(whole[unit], by_unit[unit], below))}
    issues = [_issue(given[unit][0], odd[unit], f"the unit's {told.removeprefix('the ')}", unit) for unit in odd]
    total = _power(sum(whole.values()), sum(by_unit.values()), below)
    if total and not odd:
        issues.append(_issue(rows[0], total, told, ""))
    return issues


def _yearly(rows: Sequence[Planned]) -> float:
    """The sum of a year; of months, of twelve like those that are there."""
    total = sum(one.value for one in rows)
    return total * _MONTHS / len(rows) if rows[0].table == "months" else total


def _power(plan: float, accounts: float, below: bool) -> int:
    """The power of ten between a plan and the accounts; 0 where they are alike."""
    if plan <= 0.0 or accounts <= 0.0:
        return 0
    distance = float(np.log10(plan / accounts))
    if abs(distance) < np.log10(FACTOR) or (distance < 0.0 and not below):
        return 0
    return round(distance)


def _issue(one: Planned, power: int, told: str, unit: str) -> Issue:
    times = f"{10**power:,} times" if power > 0 else f"1/{10**-power:,} of"
    done = f"divide it by {10**power:,}" if power > 0 else f"multiply it by {10**-power:,}"
    return replace(
        one.place,
        rule=RULE,
        message=f"the {_CALLED[one.table]} is about {times} {told}",
        remedy=f"{done} in the file if its measure or decimal sign is wrong; accept {RULE!r} if it is right",
        severity="error",
        unit=unit,
        period=str(one.year),
    )


_CALLED = {"budget": "budget", "months": "volume of the months"}
