"""A unit's year that is ten, a hundred or a thousand times its others: a decimal sign, a measure, a digit too many.

Rule ``power-of-ten``, a warning. The values of one unit in one column fall into two groups of years when each group
lies within a factor :data:`STEADY` and the groups' medians are a power of ten apart, give or take :data:`NEAR` (with
one year alone on both sides :data:`NEAR_ALONE`). The smaller group is odd; of two alike the later. Where the unit's
other columns move as much, it has grown, and nothing is said; nor of values under :data:`LEAST`, which grow tenfold by
themselves. Where most units are odd in the same years, the whole sheet or file of those years is, whatever its other
columns do, and that is one finding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.reading.values.logs import logs_of, wide_groups
from bench.typing import FloatArray, IndexArray

#: Largest factor between the years of one group.
STEADY = 2.0
#: Largest factor between the ratio of the groups and a power of ten.
NEAR = 1.25
#: The same, where only two years are known.
NEAR_ALONE = 1.15
#: The odd column's ratio stands out from those of the unit's other columns by at least this factor.
APART = 4.0
#: The smaller of the two medians is at least this.
LEAST = 20.0
#: So many units, and this share of those that can be odd, make a whole file.
WHOLE_UNITS, WHOLE_SHARE = 3, 0.6

_STEADY, _NEAR, _NEAR_ALONE, _APART = (float(np.log10(x)) for x in (STEADY, NEAR, NEAR_ALONE, APART))


@dataclass(frozen=True, slots=True)
class PowerJump:
    """Values of one column a power of ten from the same units' other years.

    Attributes
    ----------
    rows : tuple of int
        The odd rows: of one unit, or of every unit of a year.
    column : int
    power : int
        2 for a hundred times too large, −1 for a tenth.
    units, known : int
        Units that are odd in the year, and units with other years to compare with; 1 and 1 for a unit by itself.
    """

    rows: tuple[int, ...]
    column: int
    power: int
    units: int = 1
    known: int = 1


@dataclass(frozen=True, slots=True)
class _Odd:
    unit: int
    rows: tuple[int, ...]
    rest: tuple[int, ...]
    power: int


def power_jumps(values: FloatArray, units: IndexArray, periods: IndexArray) -> list[PowerJump]:
    """Find years of a unit that are a power of ten from its others.

    Parameters
    ----------
    values : array (n, k)
        NaN, zero and negative values are left out.
    units, periods : array (n,) of int
        Codes of the unit and of the period, the latter in order of time.

    Returns
    -------
    list of PowerJump

    Examples
    --------
    >>> values = np.array([[100.0, 50.0], [1020.0, 51.0], [104.0, 49.0]])
    >>> power_jumps(values, np.zeros(3, dtype=int), np.arange(3))
    [PowerJump(rows=(1,), column=0, power=1, units=1, known=1)]
    """
    logs = logs_of(values)
    found: list[PowerJump] = []
    for column in range(values.shape[1]):
        wide = wide_groups(logs[:, column], units, 1.0 - _NEAR)
        odd = [one for rows in wide if (one := _odd(logs[:, column], rows, units, periods))]
        whole = _whole(logs[:, column], odd, units, periods, column)
        taken = {row for jump in whole for row in jump.rows}
        found += whole
        found += [
            PowerJump(one.rows, column, one.power)
            for one in odd
            if not taken & set(one.rows) and _alone(logs, values, one, column)
        ]
    return found


def _odd(logs: FloatArray, rows: IndexArray, units: IndexArray, periods: IndexArray) -> _Odd | None:
    ranked = rows[np.argsort(logs[rows], kind="stable")]
    cut = int(np.argmax(np.diff(logs[ranked]))) + 1
    low, high = ranked[:cut], ranked[cut:]
    if np.ptp(logs[low]) > _STEADY or np.ptp(logs[high]) > _STEADY:
        return None
    distance = float(np.median(logs[high]) - np.median(logs[low]))
    power = round(distance)
    if power == 0 or abs(distance - power) > (_NEAR if rows.size > 2 else _NEAR_ALONE):
        return None
    later = np.median(periods[high]) > np.median(periods[low])
    high_is_odd = high.size < low.size or (high.size == low.size and later)
    odd, rest = (high, low) if high_is_odd else (low, high)
    return _Odd(int(units[rows[0]]), tuple(map(int, odd)), tuple(map(int, rest)), power if high_is_odd else -power)


def _alone(logs: FloatArray, values: FloatArray, one: _Odd, column: int) -> bool:
    """Whether the column moves by itself, and from a number that does not grow tenfold in a year."""
    odd, rest = list(one.rows), list(one.rest)
    if min(np.median(values[odd, column]), np.median(values[rest, column])) < LEAST:
        return False
    others = np.delete(logs, column, axis=1)
    known = np.isfinite(others[odd]).any(axis=0) & np.isfinite(others[rest]).any(axis=0)
    if not known.any():
        return True
    moved = np.nanmedian(others[odd][:, known], axis=0) - np.nanmedian(others[rest][:, known], axis=0)
    return bool(abs(one.power - np.median(moved)) >= _APART)


def _whole(
    logs: FloatArray, odd: Sequence[_Odd], units: IndexArray, periods: IndexArray, column: int
) -> list[PowerJump]:
    """Years in which most units with other years are odd by the same power."""
    if len(odd) < WHOLE_UNITS:
        return []
    known = np.isfinite(logs)
    years = np.bincount(units[known], minlength=units.max() + 1)
    made = []
    by_year: dict[tuple[int, int], list[int]] = {}
    for one in odd:
        for row in one.rows:
            by_year.setdefault((int(periods[row]), one.power), []).append(row)
    for (period, power), rows in sorted(by_year.items()):
        here = np.flatnonzero(known & (periods == period))
        comparable = int((years[units[here]] > 1).sum())
        if len(rows) >= WHOLE_UNITS and len(rows) >= WHOLE_SHARE * comparable:
            made.append(PowerJump(tuple(sorted(rows)), column, power, len(rows), comparable))
    return made
