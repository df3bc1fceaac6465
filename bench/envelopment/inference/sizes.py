"""How often tests rejected a true hypothesis at 5 %: measured, and said beside every p-value that is too small.

The numbers stand in ``sizes.csv``; ``python benchmarks/bench_dea_inference.py --only sizes --samples 200`` makes them
from simulated units for which the hypothesis holds, with seeds and designs that served no choice in the tests.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from bench.errors import Issue

#: A test at 5 % that rejects a true hypothesis more often than this does not go without a warning.
MOST = 0.08


class Size(NamedTuple):
    """One line of the table."""

    test: str
    inputs: int
    outputs: int
    units: int
    samples: int
    rejected: float


@lru_cache(maxsize=1)
def sizes() -> tuple[Size, ...]:
    """Return the table of measured sizes.

    Examples
    --------
    >>> sorted({one.test for one in sizes()})
    ['constant-returns', 'convexity', 'group-means', 'group-ratio', 'returns-to-scale', 'returns-to-scale-dependent']
    """
    text = (resources.files("bench.envelopment.inference") / "sizes.csv").read_text(encoding="utf-8")
    return tuple(
        Size(
            row["test"], int(row["inputs"]), int(row["outputs"]), int(row["units"]), int(row["samples"]),
            float(row["rejected"]),
        )
        for row in csv.DictReader(text.splitlines())
    )  # fmt: skip


def size_issues(test: str, measures: int, units: int) -> tuple[Issue, ...]:
    """Return a warning where, in the designs nearest to the data at hand, a test rejected too often.

    Examples
    --------
    >>> [issue.rule for issue in size_issues("convexity", 3, 100)], size_issues("constant-returns", 2, 100)
    (['test-size'], ())
    """
    worst, more = _worst(test, measures, units)
    if worst.rejected <= MOST:
        return ()
    return (
        Issue(
            "test-size",
            f"a true hypothesis was rejected at 5 % in {worst.rejected:.1%} of {worst.samples} simulated samples of "
            f"{worst.units} units with {worst.inputs} + {worst.outputs} measures{more}",
            _remedy(test),
            severity="warning",
        ),
    )


def dependence_issues(correlation: float, p_value: float, measures: int, units: int) -> tuple[Issue, ...]:
    """Return the warning that efficiency goes with size, with what the test of returns to scale then does.

    Examples
    --------
    >>> dependence_issues(-0.4, 0.001, 3, 200)[0].rule
    'efficiency-goes-with-size'
    """
    worst, more = _worst("returns-to-scale-dependent", measures, units)
    return (
        Issue(
            "efficiency-goes-with-size",
            f"efficiency under constant returns goes with the size of the unit (rank correlation {correlation:.2g}, "
            f"p = {p_value:.2g}), which the test assumes it does not: where it did and returns were constant, they "
            f"were rejected at 5 % in {worst.rejected:.1%} of {worst.samples} simulated samples of {worst.units} units "
            f"with {worst.inputs} + {worst.outputs} measures{more}",
            _remedy("returns-to-scale"),
            severity="warning",
        ),
    )


def _worst(test: str, measures: int, units: int) -> tuple[Size, str]:
    """Return the highest share among the designs nearest to the data, and the words to add where they are smaller.

    Nearest are those with the most inputs and outputs that do not exceed the data's; of these every number of units
    counts that is nearest from below or from above. Beyond the largest number of units that was tried, the worst of
    that number counts, whatever its inputs and outputs: the bootstrap test errs more with more units.
    """
    known = [one for one in sizes() if one.test == test]
    most = max((o.inputs + o.outputs for o in known if o.inputs + o.outputs <= measures), default=2)
    same = [one for one in known if one.inputs + one.outputs == most]
    below = max((one.units for one in same if one.units <= units), default=min(one.units for one in same))
    above = min((one.units for one in same if one.units >= units), default=max(one.units for one in same))
    near = [one for one in same if one.units in (below, above)]
    if units > above:
        near = [one for one in known if one.units == above]
    more = "; with more measures, as here, it may be more" if most < measures else ""
    return max(near, key=lambda one: one.rejected), more


def _remedy(test: str) -> str:
    """Return the test that keeps its size where there is one, with what was measured for it."""
    if test != "returns-to-scale":
        return "ask for a smaller p-value, such as 1 %, before the hypothesis is given up"
    kept = [one.rejected for one in sizes() if one.test == "constant-returns"]
    return (
        "decide by technology_test with hypothesis='constant-returns' (word technology-test in a model file), which "
        f"was measured at {min(kept):.1%} to {max(kept):.1%}"
    )
