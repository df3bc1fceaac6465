"""One case per step and per source of the price level: what is stated, and the level it gives, worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class StepCase:
    """A value of a step on a level of 120 where last year's indexed level is 100.

    Attributes
    ----------
    value : float
        What the key says.
    expected : float
        The level after the step.
    working : str
        How it is worked out.
    in_run : float
        A value that binds in a run of the made-up municipality.
    """

    value: float
    expected: float
    working: str
    in_run: float


CASES: Mapping[str, StepCase] = {
    "gain": StepCase(0.25, 105.0, "100 + 0.25·(120 − 100)", 0.4),
    "corridor": StepCase(0.1, 110.0, "100·(1 + 0.1), below 120", 0.002),
    "floor": StepCase(130.0, 130.0, "120 is below it", 1e9),
    "cap": StepCase(115.0, 115.0, "120 is above it", 1e-3),
}


@dataclass(frozen=True)
class SourceCase:
    """Values of a source's keys where four units cost 80, 100, 120 and 50 per service; the last makes none.

    Attributes
    ----------
    stated : Mapping of str to float
        What the keys say.
    expected : float
        The price.
    working : str
        How it is worked out.
    """

    stated: Mapping[str, float]
    expected: float
    working: str


#: Several where a source has several ways.
SOURCE_CASES: Mapping[str, list[SourceCase]] = {
    "best-practice": [
        SourceCase({"k": 2}, 100.0, "80, 100, 120: the second"),
        SourceCase({"quantile": 0.25}, 90.0, "midway between 80 and 100"),
    ],
}
