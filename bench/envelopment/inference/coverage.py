"""How often printed intervals held the truth where the truth is known: measured, and said beside every interval.

The numbers stand in ``coverage.csv``; ``python benchmarks/bench_dea_inference.py --only coverage`` makes them from
simulated units with known scores, with seeds and designs that served no choice in the methods.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from bench.errors import Issue

#: Below this share of 95 % intervals that hold the truth an interval is too narrow to go without a warning.
ENOUGH = 0.93


@dataclass(frozen=True, slots=True)
class Design:
    """One line of the table.

    Attributes
    ----------
    method, convention, rts : str
    inputs, outputs, units : int
    inefficiency : str
        Distribution of true inefficiency.
    samples : int
    coverage : float
        Share of 95 % intervals that held the true score, mean over units and samples.
    error : float
        Its standard error over samples.
    """

    method: str
    convention: str
    rts: str
    inputs: int
    outputs: int
    units: int
    inefficiency: str
    samples: int
    coverage: float
    error: float

    @property
    def measures(self) -> int:
        """Inputs and outputs together."""
        return self.inputs + self.outputs


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured for intervals like these.

    Attributes
    ----------
    coverage : float
        NaN where nothing like it was measured.
    text : str
        With the design, for people.
    """

    coverage: float
    text: str

    def issues(self) -> tuple[Issue, ...]:
        """Return a warning where intervals hold the truth less often than they say, or nobody knows."""
        if self.coverage >= ENOUGH:
            return ()
        return (
            Issue(
                "interval-coverage",
                f"95 % intervals like these held the true score less often than they say: {self.text}"
                if self.coverage < ENOUGH
                else f"how often intervals like these hold the true score is not known: {self.text}",
                "read the interval as too narrow; fewer inputs and outputs, or more units, bring it nearer",
                severity="warning",
            ),
        )


@lru_cache(maxsize=1)
def designs() -> tuple[Design, ...]:
    """Return the table of measured coverage.

    Examples
    --------
    >>> sorted({one.method for one in designs()})[:2]
    ['bootstrap', 'heterogeneous']
    """
    text = (resources.files("bench.envelopment.inference") / "coverage.csv").read_text(encoding="utf-8")
    return tuple(
        Design(
            row["method"], row["convention"], row["rts"], int(row["inputs"]), int(row["outputs"]), int(row["units"]),
            row["inefficiency"], int(row["samples"]), float(row["coverage"]), float(row["error"]),
        )
        for row in csv.DictReader(text.splitlines())
    )  # fmt: skip


def measured(method: str, convention: str, rts: str, measures: int, units: int) -> Measured:
    """Return the lowest measured coverage among the designs nearest to the data at hand.

    Nearest are those with the same returns to scale (any, where these were not simulated), the largest number of
    measures and then of units that does not exceed the data's.

    Examples
    --------
    >>> measured("bootstrap", "mirrored", "crs", 2, 150).coverage > 0.9
    True
    """
    known = [one for one in designs() if (one.method, one.convention) == (method, convention)]
    same = [one for one in known if one.rts == rts] or known
    if not same:
        return Measured(float("nan"), "not measured")
    size = max((one.measures for one in same if one.measures <= measures), default=min(o.measures for o in same))
    same = [one for one in same if one.measures == size]
    count = max((one.units for one in same if one.units <= units), default=min(one.units for one in same))
    worst = min((one for one in same if one.units == count), key=lambda one: one.coverage)
    text = (
        f"{worst.coverage:.1%} in {worst.samples} simulated samples of {worst.units} units with {worst.inputs} + "
        f"{worst.outputs} measures, {worst.rts}"
    )
    if worst.measures < measures:
        text += "; with more measures, as here, rather less"
    if worst.units > units:
        text += "; with fewer units, as here, rather less"
    return Measured(worst.coverage, text)
