"""What a frontier hands a year: norms, levels and benchmark prices, each from accounts that were known by then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

import numpy as np

from bench.errors import DataError, Issue
from bench.stykkpris.year.books import Books, Ground, Yardstick, by_draw
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


class Measure(Protocol):
    """A frontier that can be measured in any accounts."""

    years: int

    def __call__(self, year: int, cost: FloatArray, volume: FloatArray, past: Sequence[Past]) -> FloatArray:
        """Return each unit's norm (..., n), NOK, from cost (..., n) and volume (..., n, K), and earlier accounts."""


#: Cost and volume of an earlier year, the cost at the prices of the year that is measured.
Past: TypeAlias = tuple[FloatArray, FloatArray]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A frontier that is measured again in every year's accounts: yardstick competition as a closed loop.

    Attributes
    ----------
    given : Given
        What was measured in the accounts.
    base : int
        Last year of the accounts.
    measure : Measure
        Looks at ``measure.years`` years, the year itself among them.
    """

    given: Given
    base: int
    measure: Measure

    def norms(self, ground: Ground, books: Books, year: int) -> FloatArray | None:
        """Return the norms of the accounts, or those measured in a later year; each is measured once."""
        if year <= self.base:
            return self.given.norms(ground, books, year)
        if year not in books.norms:
            past = [
                (books.cost[y] * by_draw(ground.growth.chain(y, year)), books.volume[y])
                for y in sorted(books.cost)
                if year - self.measure.years < y < year
            ]
            books.norms[year] = self.measure(year, books.cost[year], books.volume[year], past)
        return books.norms[year]

    def level(self, ground: Ground, books: Books, year: int, weights: FloatArray) -> FloatArray:
        """Return the norms of the year over its weighted volume."""
        if year <= self.base:
            return self.given.level(ground, books, year, weights)
        total = needed_norms(ground, self, books, year, books.present[year], "measure a frontier for every year")
        return np.asarray(total.sum(axis=-1) / (books.volume[year] @ weights).sum(axis=-1))

    def weights(self, year: int) -> FloatArray | None:
        """Return the newest benchmark prices up to a year: those of the accounts."""
        return self.given.weights(year)


@dataclass(frozen=True, slots=True, eq=False)
class Together:
    """A frontier seen by a scheme whose units all move alike: it moves as they do.

    Attributes
    ----------
    given : Given
        Norms of the scheme as one unit.
    base : int
        Last year it was measured in.
    """

    given: Given
    base: int

    def norms(self, ground: Ground, books: Books, year: int) -> FloatArray | None:
        """Return the norm of the year, or the last one measured in proportion to the cost."""
        found = self.given.norms(ground, books, min(year, self.base))
        if found is None or year <= self.base:
            return found
        return np.asarray(found * books.cost[year] / books.cost[self.base])

    def level(self, ground: Ground, books: Books, year: int, weights: FloatArray) -> FloatArray:
        """Return the norm over the weighted volume."""
        total = needed_norms(ground, self, books, year, books.present[year], "measure a frontier for every year")
        return np.asarray(total.sum(axis=-1) / (books.volume[year] @ weights).sum(axis=-1))

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
