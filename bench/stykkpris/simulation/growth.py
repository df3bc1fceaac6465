"""The chain of price growth in a simulation: decided growth from the model's index, actual growth with its error."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.errors import DataError, ModelError
from bench.stykkpris.rules.indexation import Index
from bench.stykkpris.simulation.outlook import Outlook
from bench.typing import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Growth:
    """Growth into each year.

    Attributes
    ----------
    decided : dict of int to float
        As decided before the year; after the index ends, as the outlook says or as in its last year.
    correct : bool
        Whether years that have passed count with their actual growth.
    actual : dict of int to array (B,)
        As it turns out, by draw; filled year by year.
    known : dict of int to float
        Final growth of years before the simulation.
    continued : tuple of int
        Years whose growth is not in the model or the data.
    """

    decided: dict[int, float]
    correct: bool
    actual: dict[int, FloatArray] = field(default_factory=dict)
    known: dict[int, float] = field(default_factory=dict)
    continued: tuple[int, ...] = ()

    def fresh(self) -> Growth:
        """Return the same growth with no actual years yet: one for each block of draws."""
        return Growth(self.decided, self.correct, {}, self.known, self.continued)

    def grow(self, year: int, error: FloatArray) -> FloatArray:
        """Note and return the actual growth into a year, array (B,)."""
        self.actual[year] = self.decided[year] + error
        return self.actual[year]

    def growth(self, year: int) -> float:
        """Return the growth into a year, as decided before it."""
        return self.decided[year]

    def chain(self, start: int, end: int) -> FloatArray | float:
        """Return the factor from prices of ``start`` to prices of ``end``, as the price setter knows it."""
        if end < start:
            return 1.0 / self.chain(end, start)
        factor: FloatArray | float = 1.0
        for year in range(start + 1, end + 1):
            value: FloatArray | float = self.decided[year]
            if self.correct and year < end:
                value = self.actual.get(year, self.known.get(year, self.decided[year]))
            factor = factor * (1.0 + value)
        return factor

    def real(self, start: int, end: int) -> FloatArray | float:
        """Return actual cost growth from ``start`` to ``end``."""
        factor: FloatArray | float = 1.0
        for year in range(start + 1, end + 1):
            factor = factor * (1.0 + self.actual.get(year, self.known.get(year, self.decided[year])))
        return factor


def growth_of(index: Index, years: Iterable[int], base: int, outlook: Outlook) -> Growth:
    """Return decided growth for all years, continued where the index ends.

    Raises
    ------
    DataError, ModelError
        When no growth is known for any year.
    """
    decided: dict[int, float] = {}
    known: dict[int, float] = {}
    continued: list[int] = []
    last: float | None = None
    for year in sorted(years):
        try:
            last = index.growth(year)
            if year <= base:
                known[year] = index.final(year)
        except (DataError, ModelError):
            if year > base:
                if last is None and outlook.cost_growth is None:
                    raise
                continued.append(year)
                last = last if outlook.cost_growth is None else outlook.cost_growth
            elif last is None:
                continue
        decided[year] = last if last is not None else 0.0
    return Growth(decided, index.rules.correct, known=known, continued=tuple(continued))
