"""Block PR: the steps from the level a price rule aims at to the level it sets, in their order.

One entry per step, with the key of ``scheme.price`` that states it. The engine moves numbers by these entries and the
workbook writes its cells by them, so that a step is one formula in one place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


class Arithmetic(Protocol):
    """What a step needs beside ``+ − × ÷``, of numbers or of cells."""

    def minimum(self, one: Any, other: Any, /) -> Any:
        """Return the smaller."""

    def maximum(self, one: Any, other: Any, /) -> Any:
        """Return the larger."""

    def unless(self, value: Any, neutral: float, plain: Any, moved: Any, /) -> Any:
        """Return ``plain`` where the value is the neutral one, else ``moved``."""


class Numbers:
    """Numbers, and arrays of draws."""

    minimum = staticmethod(np.minimum)
    maximum = staticmethod(np.maximum)

    @staticmethod
    def unless(value: Any, neutral: float, plain: Any, moved: Any) -> Any:
        """Return ``plain`` where the value is the neutral one: to the bit, which ``moved`` is not."""
        return plain if value == neutral else moved


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the price level.

    Attributes
    ----------
    key : str
        Key of ``scheme.price`` with the value.
    move : callable
        ``move(of, level, value, indexed)``: the level after the step. ``of`` is the arithmetic, ``indexed`` last year's
        level in the new year's prices.
    from_last_year : bool
        The step needs last year's level, and so is left out of the first price.
    neutral : float, optional
        Value that changes nothing; without one the key is absent when it says nothing.
    """

    key: str
    move: Callable[[Any, Any, Any, Any], Any]
    from_last_year: bool = False
    neutral: float | None = None


def _gain(of: Arithmetic, level: Any, share: Any, indexed: Any) -> Any:
    """Close a share of the gap between the indexed level and the target."""
    return of.unless(share, 1.0, level, indexed + share * (level - indexed))


def _corridor(of: Arithmetic, level: Any, width: Any, indexed: Any) -> Any:
    """Bound the real change."""
    return of.minimum(of.maximum(level, indexed * (1 - width)), indexed * (1 + width))


def _floor(of: Arithmetic, level: Any, least: Any, indexed: Any) -> Any:
    return of.maximum(level, least)


def _cap(of: Arithmetic, level: Any, most: Any, indexed: Any) -> Any:
    return of.minimum(level, most)


STEPS = (
    Step("gain", _gain, from_last_year=True, neutral=1.0),
    Step("corridor", _corridor, from_last_year=True),
    Step("floor", _floor),
    Step("cap", _cap),
)
