"""A unit that is ten, a hundred or a thousand times the others of its size: what a table without years can tell.

Rule ``power-of-ten``, beside :mod:`bench.reading.values.powers`, which looks at a unit's own years. Two columns are
laid over each other, such as cost over hours, and the units of one scheme and year are compared. A ratio is odd when
dividing it by a power of ten brings it among those of the others, give or take :data:`NEAR`, and they all lie within
the root of that power then: a factor 3.2 for ten times, 10 for a hundred times. The odd one is at least as far from the
nearest of the others as they are from each other. Fewer than :data:`LEAST_OTHERS` others tell nothing, nor do as many
odd ones as half the others.

A column is named where its ratio to every other column moves the same way. With more than two columns a volume is named
only when it is too large: a unit may well do little of one service. A condition is compared by itself or by the unit's
size, whichever makes the units more alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.reading.values.logs import groups_of, logs_of
from bench.typing import FloatArray, IndexArray

#: Other units that a ratio is compared with, at least.
LEAST_OTHERS = 4
#: A corrected ratio lies among the others, or within this factor of the nearest.
NEAR = 1.5
_NEAR = float(np.log10(NEAR))
#: A volume below this, as it stands or corrected, tells nothing; nor does a condition that is below it both ways.
LEAST = 20.0


@dataclass(frozen=True, slots=True)
class RatioJump:
    """One value a power of ten from what the unit's size makes of the others'.

    Attributes
    ----------
    row, column : int
    power : int
        2 for a hundred times too large, −1 for a tenth.
    others : int
        Units that it was compared with.
    """

    row: int
    column: int
    power: int
    others: int


@dataclass(frozen=True, slots=True)
class _Compared:
    powers: IndexArray
    away: FloatArray
    others: int


def odd_powers(logs: FloatArray) -> IndexArray:
    """Return the power of ten by which each value stands apart from the others.

    Parameters
    ----------
    logs : array (n,)
        Base-10 logarithms; NaN where there is none.

    Returns
    -------
    array (n,) of int
        0 for a value in its place.

    Examples
    --------
    >>> odd_powers(np.log10([310.0, 420.0, 380.0, 520.0, 41_000.0])).tolist()
    [0, 0, 0, 0, 2]
    >>> odd_powers(np.log10([310.0, 420.0, 380.0, 1_900.0, 4_100.0])).tolist()
    [0, 0, 0, 0, 0]
    """
    powers = np.zeros(logs.size, dtype=np.intp)
    known = np.flatnonzero(np.isfinite(logs))
    if known.size <= LEAST_OTHERS:
        return powers
    found = np.rint(logs[known] - np.median(logs[known])).astype(np.intp)
    while found.any():
        rest = logs[known][found == 0]
        if rest.size < max(LEAST_OTHERS, 2 * np.count_nonzero(found)):
            return powers
        low, high = rest.min(), rest.max()
        back = logs[known] - found
        right = np.maximum(high, back) - np.minimum(low, back) <= np.abs(found) / 2.0
        right &= (back >= low - _NEAR) & (back <= high + _NEAR)
        wrong = (found != 0) & ~right
        if not wrong.any():
            break
        found[wrong] = 0  # the units differ by so much: these are among the others
    powers[known] = found
    return powers


def ratio_jumps(values: FloatArray, outputs: FloatArray, conditions: FloatArray, groups: IndexArray) -> list[RatioJump]:
    """Find values a power of ten from what the others of the group make of the unit.

    Parameters
    ----------
    values, outputs, conditions : array (n, i), (n, j), (n, k)
        Inputs, volumes and conditions; NaN, zero and negative values are left out. The columns of the result are
        counted over all three.
    groups : array (n,) of int
        Code of the scheme and period.

    Returns
    -------
    list of RatioJump

    Examples
    --------
    >>> cost = np.array([[3.1e6], [4.2e6], [3.8e6], [5.2e6], [4.1e8]])
    >>> ratio_jumps(cost, np.full((5, 1), 1e4), np.empty((5, 0)), np.zeros(5, dtype=int))
    [RatioJump(row=4, column=0, power=2, others=4)]
    """
    sizes = np.concatenate([values, outputs], axis=1)
    logs, conditions = logs_of(sizes), logs_of(conditions)
    found = []
    for rows in groups_of(groups):
        if rows.size <= LEAST_OTHERS:
            continue
        found += _named(logs[rows], sizes[rows], rows, values.shape[1])
        for column in range(conditions.shape[1]):
            one = _condition(conditions[rows, column], logs[rows])
            one.powers[
                np.maximum(conditions[rows, column], conditions[rows, column] - one.powers) < np.log10(LEAST)
            ] = 0
            found += [
                RatioJump(int(rows[k]), sizes.shape[1] + column, int(one.powers[k]), one.others)
                for k in np.flatnonzero(one.powers).tolist()
            ]
    return found


def _named(logs: FloatArray, values: FloatArray, rows: IndexArray, inputs: int) -> list[RatioJump]:
    """Name the column of a row whose ratios to all the others are odd, of two columns the one that is itself so."""
    count = logs.shape[1]
    pairs = {(j, m): _over(logs[:, j] - logs[:, m]) for j in range(count) for m in range(j)}
    pairs |= {(m, j): _Compared(-one.powers, -one.away, one.others) for (j, m), one in pairs.items()}
    suspects = np.unique(np.concatenate([np.flatnonzero(one.powers) for one in pairs.values()] or [rows[:0]]))
    made = []
    for row in suspects.tolist():
        best: tuple[float, RatioJump] | None = None
        for column in range(count):
            over = [pairs[column, m] for m in range(count) if m != column and np.isfinite(pairs[column, m].away[row])]
            said = {int(one.powers[row]) for one in over} - {0}
            if len(said) != 1:
                continue
            (power,) = said
            if any(np.sign(power) * one.away[row] < abs(power) / 2.0 for one in over):
                continue
            volume = column >= inputs
            if volume and (
                (power < 0 and count > 2) or min(values[row, column], values[row, column] / 10.0**power) < LEAST
            ):
                continue
            own = abs(float(logs[row, column] - np.nanmedian(logs[:, column])))
            if best is None or own > best[0]:
                best = own, RatioJump(int(rows[row]), column, power, max(one.others for one in over))
        made += [best[1]] if best is not None else []
    return made


def _over(logs: FloatArray) -> _Compared:
    known = np.isfinite(logs)
    middle = np.median(logs[known]) if known.any() else 0.0
    powers = odd_powers(logs)
    return _Compared(powers, logs - middle, int((known & (powers == 0)).sum()))


def _condition(own: FloatArray, sizes: FloatArray) -> _Compared:
    """Compare a condition by itself, or over the unit's size, whichever makes the units more alike."""
    known = np.isfinite(own)
    by_size = own - _median_of_row(sizes - _median_of_column(sizes)) if sizes.shape[1] else own
    if known.sum() > LEAST_OTHERS and _spread(by_size) < _spread(own):
        return _over(by_size)
    return _over(own)


def _spread(logs: FloatArray) -> float:
    low, high = np.nanquantile(logs, [0.25, 0.75]) if np.isfinite(logs).any() else (0.0, np.inf)
    return float(high - low)


def _median_of_column(logs: FloatArray) -> FloatArray:
    return np.array([np.median(c[np.isfinite(c)]) if np.isfinite(c).any() else np.nan for c in logs.T])


def _median_of_row(logs: FloatArray) -> FloatArray:
    return np.array([np.median(r[np.isfinite(r)]) if np.isfinite(r).any() else np.nan for r in logs])
