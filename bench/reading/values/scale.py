"""Values in the wrong measure: kroner among thousands of kroner, minutes among hours.

Rule ``scale-jump``. Positive values are compared in logarithms, so that zeros (no production) never count and skewed
data (one large city among small places) do not either: what matters is an empty stretch between two groups of values
that should lie together.

**Two groups.** Sorted values fall into two groups when some neighbours are at least a factor :data:`GAP` apart and the
medians of the groups on both sides are at least a factor :data:`DISTANCE` apart. The smaller group is wrong. After it
is set aside the rest is looked at again.

**Between periods.** The values of one unit in one column over its periods; of two groups of equal size the later one is
reported.

**Between units.** The values of one column in one scheme and period, each divided by the column's median and then by
the unit's own size, which is the median of the same ratio over its other columns. A large unit is therefore large
everywhere and does not stand out; a unit whose cost alone is in another measure does. Of two groups of equal size the
lower one is reported, and in each unit only the columns whose ratio is within a factor :data:`GAP` of its worst.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.reading.values.logs import groups_of, logs_of, wide_groups
from bench.typing import BoolArray, FloatArray, IndexArray

#: Smallest empty stretch between two groups, as a factor.
GAP = 10.0
#: Smallest distance between the groups' medians, as a factor: a measure wrong by 1,000 leaves room for a true factor 5.
DISTANCE = 200.0

_GAP, _DISTANCE = np.log10(GAP), np.log10(DISTANCE)
#: Largest power of ten of a factor that is told: two doubles can be further apart than any double says.
_FURTHEST = 300.0


@dataclass(frozen=True, slots=True)
class Jump:
    """One value in another measure than those it should lie with.

    Attributes
    ----------
    row, column : int
        Position in the array.
    factor : float
        How many times larger (above 1) or smaller (below 1) it is than the median of the others; 1e300 or 1e-300 where
        it is more.
    between : str
        ``"periods"`` or ``"units"``.
    """

    row: int
    column: int
    factor: float
    between: str


def odd_group(logs: FloatArray, order: FloatArray | None = None) -> BoolArray:
    """Mark the values that lie in another measure than the rest.

    Parameters
    ----------
    logs : array (n,)
        Base-10 logarithms, all finite.
    order : array (n,), optional
        Of two groups of equal size the one with the higher median of ``order`` is marked; the lower values if omitted.

    Returns
    -------
    array (n,) of bool

    Examples
    --------
    >>> odd_group(np.log10([1.2e6, 0.9e6, 1.4e6, 1100.0])).tolist()
    [False, False, False, True]
    >>> bool(odd_group(np.log10([200.0, 1_000.0, 6_000.0, 40_000.0, 300_000.0])).any())
    False
    """
    odd = np.zeros(logs.size, dtype=bool)
    rest = np.arange(logs.size)
    while rest.size > 1:
        group = _split(logs[rest], None if order is None else order[rest])
        if group is None:
            break
        odd[rest[group]] = True
        rest = rest[~group]
    return odd


def _split(logs: FloatArray, order: FloatArray | None) -> BoolArray | None:
    """Return the smaller of two groups, or None where there is one group only."""
    if np.ptp(logs) < _DISTANCE:
        return None
    ranks = np.argsort(logs, kind="stable")
    ordered = logs[ranks]
    gaps = np.diff(ordered)
    for cut in np.argsort(-gaps, kind="stable"):
        if gaps[cut] < _GAP:
            return None
        low, high = ranks[: cut + 1], ranks[cut + 1 :]
        if np.median(logs[high]) - np.median(logs[low]) < _DISTANCE:
            continue
        if low.size == high.size and order is not None:
            wrong = low if np.median(order[low]) > np.median(order[high]) else high
        else:
            wrong = low if low.size <= high.size else high
        group = np.zeros(logs.size, dtype=bool)
        group[wrong] = True
        return group
    return None


def jumps_between_periods(values: FloatArray, units: IndexArray, periods: IndexArray) -> list[Jump]:
    """Find values of a unit that are in another measure than its values in other periods.

    Parameters
    ----------
    values : array (n, k)
        NaN, zero and negative values are left out.
    units, periods : array (n,) of int
        Codes of the unit and of the period, the latter in order of time.

    Returns
    -------
    list of Jump
    """
    found = []
    for column, logs in enumerate(logs_of(values).T):
        for rows in wide_groups(logs, units, _DISTANCE):
            odd = odd_group(logs[rows], periods[rows].astype(np.float64))
            found += _jumps(rows, odd, logs[rows], column, "periods")
    return found


def jumps_between_units(values: FloatArray, groups: IndexArray, *, by_size: bool = True) -> list[Jump]:
    """Find values that are in another measure than those of the other units.

    Parameters
    ----------
    values : array (n, k)
        Inputs and outputs; NaN, zero and negative values are left out.
    groups : array (n,) of int
        Code of the scheme and period; units are compared inside a group.
    by_size : bool
        Divide by the unit's size; False for prices, which do not grow with the unit.

    Returns
    -------
    list of Jump
    """
    logs = logs_of(values)
    found = []
    for rows in groups_of(groups):
        ratios = _centred(logs[rows])
        relative = ratios - _sizes(ratios) if by_size and values.shape[1] > 1 else ratios
        suspects = []
        for column in range(values.shape[1]):
            known = np.flatnonzero(np.isfinite(relative[:, column]))
            odd = odd_group(relative[known, column])
            suspects += _jumps(known, odd, relative[known, column], column, "units")
        found += [
            Jump(int(rows[jump.row]), jump.column, jump.factor, jump.between) for jump in _most_likely(suspects, ratios)
        ]
    return found


def _most_likely(suspects: list[Jump], ratios: FloatArray) -> list[Jump]:
    """Keep in each row the columns that are about as far off as its worst.

    With two values in a row one being too small and the other too large look the same, so there both are compared;
    with more, only those that stood out.
    """
    worst: dict[int, float] = {}
    for jump in suspects:
        row = ratios[jump.row]
        seen = np.abs(row[np.isfinite(row)])
        far = float(seen.max() if seen.size == 2 else abs(row[jump.column]))
        worst[jump.row] = max(worst.get(jump.row, 0.0), far)
    kept = [jump for jump in suspects if abs(ratios[jump.row, jump.column]) > worst[jump.row] - _GAP]
    return kept or suspects


def _jumps(rows: IndexArray, odd: BoolArray, logs: FloatArray, column: int, between: str) -> list[Jump]:
    if not odd.any():
        return []
    usual = np.median(logs[~odd])
    factor = 10.0 ** np.clip(logs - usual, -_FURTHEST, _FURTHEST)
    return [Jump(int(rows[k]), column, float(factor[k]), between) for k in np.flatnonzero(odd).tolist()]


def _centred(logs: FloatArray) -> FloatArray:
    """Subtract each column's median; a column without values stays NaN."""
    centred = logs.copy()
    for column in centred.T:
        known = np.isfinite(column)
        if known.any():
            column -= np.median(column[known])
    return centred


def _sizes(ratios: FloatArray) -> FloatArray:
    """Return for every cell the median of the other columns of its row, array (n, k); NaN where there are none."""
    n, k = ratios.shape
    sizes = np.full((n, k), np.nan)
    for column in range(k):
        others = np.sort(np.delete(ratios, column, axis=1), axis=1)  # NaN sorts last
        count = np.isfinite(others).sum(axis=1)
        known = np.flatnonzero(count)
        low, high = others[known, (count[known] - 1) // 2], others[known, count[known] // 2]
        sizes[known, column] = (low + high) / 2
    return sizes
