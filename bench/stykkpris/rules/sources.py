"""Block PR: the sources of a price that look at what each unit's volume cost, one entry per source.

The engine works a level out by the entry, a payback looks at how it falls, and the workbook writes its cell by it, so
that a source is one formula in one place; its names and its explanation on a page stand in the entry too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from bench.typing import FloatArray


class Costs(Protocol):
    """What a source may take of the unit costs, of numbers or of cells; units without volume have none."""

    def smallest(self, costs: Any, k: int, /) -> Any:
        """Return the k-th smallest."""

    def quantile(self, costs: Any, share: Any, /) -> Any:
        """Return a quantile, linear between two units."""

    def mean(self, costs: Any, /) -> Any:
        """Return the mean over the units, each counted once."""


class UnitCosts:
    """Unit costs as arrays (..., n) with NaN for a unit without volume; the leading axes are draws."""

    @staticmethod
    def smallest(costs: FloatArray, k: int) -> FloatArray:
        """Return the k-th smallest, array (...): NaN stands last."""
        return np.asarray(np.sort(costs, axis=-1)[..., min(k, costs.shape[-1]) - 1])

    @staticmethod
    def quantile(costs: FloatArray, share: float) -> FloatArray:
        """Return a quantile, array (...)."""
        return np.asarray(np.nanquantile(costs, share, axis=-1))

    @staticmethod
    def mean(costs: FloatArray) -> FloatArray:
        """Return the mean, array (...)."""
        return np.asarray(np.nanmean(costs, axis=-1))


@dataclass(frozen=True, slots=True)
class Source:
    """A source of the price.

    Attributes
    ----------
    keys : tuple of str
        Keys of ``scheme.price`` that it is stated by.
    level : callable
        ``level(of, costs, stated)``: the level aimed at, in prices of the accounts. ``of`` is the arithmetic, ``costs``
        the units' costs per weighted volume, ``stated`` the values of the keys that are given.
    name, intro : Mapping of language to str
        What it is called, and what a page says of such a price.
    """

    keys: tuple[str, ...]
    level: Callable[[Any, Any, Mapping[str, Any]], Any]
    name: Mapping[str, str]
    intro: Mapping[str, str]


def _best_practice(of: Costs, costs: Any, stated: Mapping[str, Any]) -> Any:
    """Take the k-th lowest unit cost, or a quantile of them; the lowest where neither is stated."""
    return of.smallest(costs, stated["k"]) if "k" in stated else of.quantile(costs, stated.get("quantile", 0.0))


SOURCES: Mapping[str, Source] = {
    "best-practice": Source(
        ("k", "quantile"),
        _best_practice,
        {"nb": "Beste praksis", "en": "Best practice"},
        {
            "nb": "Prisen er kostnaden hos de beste enhetene i ordningen i regnskapsåret, justert for lønns- og "
            "prisvekst. De fleste enheter får da mindre enn det tjenestene kostet dem.",
            "en": "The price is the cost of the best units of the scheme in the accounting year, adjusted for growth "
            "in wages and prices. Most units are then paid less than the services cost them.",
        },
    ),
}
#: Sources that aim at other units' costs and not at the scheme's average: the whole gap between them is in the price.
AT_YARDSTICK = ("frontier", *SOURCES)


def source_seen(source: str, frontier_reference: str) -> str | None:
    """Return which of these sources a price looks at, whole or for its share; None where that is the norms."""
    seen = source if source in AT_YARDSTICK else frontier_reference
    return seen if seen in SOURCES else None


def source_level(source: str, cost: FloatArray, weighted: FloatArray, **stated: Any) -> FloatArray:
    """Return the level a source aims at, in prices of the accounts.

    Parameters
    ----------
    source : str
        Key of :data:`SOURCES`.
    cost, weighted : array (..., n)
        Cost and weighted volume of each unit; one without volume does not count.
    **stated
        Values of the source's keys; None where the key is not given.

    Returns
    -------
    array (...)

    Examples
    --------
    >>> float(source_level("best-practice", np.array([80.0, 100.0, 120.0]), np.full(3, 100.0), k=1))
    0.8
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        costs = np.where(weighted > 0.0, cost / weighted, np.nan)
    return np.asarray(SOURCES[source].level(UnitCosts, costs, {k: v for k, v in stated.items() if v is not None}))


def stated_values(source: str, price: Any, year: int) -> dict[str, Any]:
    """Return the values of a source's keys in a year, from ``scheme.price``; those not given are left out."""
    found = {key: getattr(price, key) for key in SOURCES[source].keys}
    return {k: value.at(year) if hasattr(value, "at") else value for k, value in found.items() if value is not None}
