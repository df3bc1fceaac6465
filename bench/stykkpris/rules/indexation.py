"""Block IX: the chain of price growth from one year to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.errors import DataError, Issue
from bench.modelfile import Indexation


@dataclass(frozen=True, slots=True)
class Index:
    """Growth by year, as decided and as it turned out.

    Attributes
    ----------
    rules : Indexation
    table : Mapping[int, float]
        Growth into each year, from the table of the data set.

    Examples
    --------
    >>> from bench.modelfile import Indexation
    >>> index = Index(Indexation.model_validate({"deflator": 0.04}))
    >>> round(index.chain(2002, 2004), 6), round(index.chain(2004, 2003), 6)
    (1.0816, 0.961538)
    """

    rules: Indexation
    table: Mapping[int, float] | None = None

    def growth(self, year: int) -> float:
        """Return the growth into a year, as decided before it.

        Raises
        ------
        ModelError
            When no value is in force.
        DataError
            When the table has no such year.
        """
        rules = self.rules
        if rules.source == "table":
            if self.table is None or year not in self.table:
                raise DataError(
                    [
                        Issue(
                            "no-index",
                            f"the index table has no growth into {year}",
                            "add the year to the index table, or state indexation.deflator in the model",
                            period=str(year),
                        )
                    ]
                )
            return self.table[year]
        if rules.source == "wage-price":
            assert rules.wage is not None
            assert rules.price is not None
            assert rules.wage_share is not None
            share = rules.wage_share.at(year)
            return share * rules.wage.at(year) + (1.0 - share) * rules.price.at(year)
        return 0.0 if rules.deflator is None else rules.deflator.at(year)

    def final(self, year: int) -> float:
        """Return the growth into a year as it turned out, or as decided where that is all there is."""
        final = self.rules.final
        entry = None if final is None else final.entry_at(year)
        return self.growth(year) if entry is None else entry.value

    def chain(self, start: int, end: int) -> float:
        """Return the factor that moves an amount of year ``start`` to prices of year ``end``.

        With ``correct``, years before ``end`` count with their final growth: they have passed when the price is set.
        """
        if end < start:
            return 1.0 / self.chain(end, start)
        factor = 1.0
        for year in range(start + 1, end + 1):
            known = self.rules.correct and year < end
            factor *= 1.0 + (self.final(year) if known else self.growth(year))
        return factor

    def real(self, start: int, end: int) -> float:
        """Return the factor from ``start`` to ``end`` by growth as it turned out."""
        if end < start:
            return 1.0 / self.real(end, start)
        factor = 1.0
        for year in range(start + 1, end + 1):
            factor *= 1.0 + self.final(year)
        return factor
