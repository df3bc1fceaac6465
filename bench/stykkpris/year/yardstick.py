"""What a frontier hands a year: norms, levels and benchmark prices, each from accounts that were known by then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from bench.errors import DataError, Issue
from bench.stykkpris.year.books import Books, Ground, Yardstick
from bench.typing import BoolArray, FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """A frontier that was measured outside, year by year.

    Attributes
    ----------
    norm : mapping of year to array (n,)
        Norm of each unit's accounts of the year, NOK; NaN where there is none.
    levels : mapping of year to float
        Frontier cost per weighted unit in the year's accounts and prices; the norms' own where it is not given.
    prices : mapping of year to array (K,)
        Benchmark prices found in the accounts of the year; the newest up to the year that is asked about counts.
    """

    norm: Mapping[int, FloatArray] = field(default_factory=dict)
    levels: Mapping[int, float] = field(default_factory=dict)
    prices: Mapping[int, FloatArray] = field(default_factory=dict)

    def norms(self, ground: Ground, books: Books, year: int) -> FloatArray | None:
        """Return the norms of a year's accounts, or None."""
        return self.norm.get(year)

    def level(self, ground: Ground, books: Books, year: int, weights: FloatArray) -> FloatArray:
        """Return the stated level, or the norms of the year over its weighted volume."""
        if year in self.levels:
            return np.asarray(self.levels[year])
        total = needed_norms(ground, self, books, year, books.present[year], "estimate a frontier for every cost year")
        return np.asarray(total.sum(axis=-1) / (books.volume[year] @ weights).sum(axis=-1))

    def weights(self, year: int) -> FloatArray | None:
        """Return the newest benchmark prices up to a year."""
        seen = max((known for known in self.prices if known <= year), default=None)
        return None if seen is None else self.prices[seen]


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """A frontier that is not measured again after a year: it stays there and follows the cost of inputs.

    Attributes
    ----------
    given : Given
    base : int
        Last year it was measured in.
    """

    given: Given
    base: int

    def norms(self, ground: Ground, books: Books, year: int) -> FloatArray | None:
        """Return the norms of the year, or of the last one measured."""
        return self.given.norms(ground, books, min(year, self.base))

    def level(self, ground: Ground, books: Books, year: int, weights: FloatArray) -> FloatArray:
        """Return the level of the year; after the last one measured that of it, moved by the growth of costs."""
        level = self.given.level(ground, books, min(year, self.base), weights)
        return level if year <= self.base else np.asarray(level * ground.growth.real(self.base, year))

    def weights(self, year: int) -> FloatArray | None:
        """Return the newest benchmark prices up to a year."""
        return self.given.weights(year)


def needed_norms(
    ground: Ground, yardstick: Yardstick | None, books: Books, year: int, present: BoolArray, remedy: str
) -> FloatArray:
    """Return the norm of every unit that is there, zero elsewhere, array (..., n).

    Raises
    ------
    DataError
        When one has none.
    """
    found = None if yardstick is None else yardstick.norms(ground, books, year)
    norms = np.full(len(ground.units), np.nan) if found is None else found
    missing = present & np.isnan(norms)
    if missing.any():
        lacks = missing.reshape(-1, missing.shape[-1]).any(axis=0)
        gone = [ground.units[i] for i in np.flatnonzero(lacks)]
        raise DataError([Issue("no-norm", f"no norm for {year}", remedy, unit=unit) for unit in gone])
    return np.where(present, norms, 0.0)
