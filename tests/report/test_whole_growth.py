"""Twice as many units cost at most 2.2 times the operations, from the file to the last sheet: counted, not timed."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import bench
from bench.pipeline import run_file

#: What a doubling may cost; two and a little, for what grows like n log n.
MOST = 2.2

#: Methods that look at one place of what they belong to, however long it is, or only at its shape.
_CHEAP = frozenset(("append", "pop", "extend", "__getitem__", "item", "view", "reshape"))


class Counter:
    """Counts calls, and the items behind those methods that go through everything their object holds."""

    def __init__(self):
        self.operations = 0

    def __call__(self, frame, event, function):
        if event == "call":
            self.operations += 1
        elif event == "c_call":
            self.operations += 1
            held = getattr(function, "__self__", None)
            if type(held) in (np.ndarray, list) and function.__name__ not in _CHEAP:
                self.operations += held.size if type(held) is np.ndarray else len(held)


def operations(work):
    """Return how many operations a piece of work takes."""
    counter, before = Counter(), sys.getprofile()
    sys.setprofile(counter)
    try:
        work()
    finally:
        sys.setprofile(before)
    return counter.operations


def table(units, years, services, path):
    rng = np.random.default_rng(1)
    volume = rng.uniform(10, 60, (units * years, services)).round(1)
    cost = volume @ rng.uniform(0.3, 1.0, services) * np.exp(np.abs(rng.normal(0, 0.3, units * years))) * 1e5
    lines = [";".join(["unit", "year", *(f"s{k}" for k in range(services)), "cost"])]
    for row in range(units * years):
        numbers = [f"U{row // years:04d}", str(2020 + row % years), *(f"{v:.1f}" for v in volume[row])]
        lines.append(";".join([*numbers, f"{cost[row]:.2f}"]).replace(".", ","))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    roles = {"id": "unit", "period": "year", "cost": "cost", "outputs": [f"s{k}" for k in range(services)]}
    return lambda target: run_file("average-cost", path, roles=roles).save(target)


@pytest.mark.parametrize("large", [False, True])
def test_twice_the_units_at_most_2_2_times_the_operations(tmp_path, monkeypatch, large):
    """The second doubling's extra work over the first's: what does not grow with the units cancels out."""
    if large:
        # A report as of thousands of units: ends of the results, values in the workbook.
        monkeypatch.setattr(bench.results, "LARGE", 1)
        monkeypatch.setattr(bench.report.facts, "SHOWN_ENDS", 3)
    table(12, 2, 3, tmp_path / "warm.csv")(tmp_path / "warm")  # what is loaded and compiled once
    counts = []
    for units in (30, 60, 120):
        run = table(units, 2, 3, tmp_path / f"{units}.csv")
        counts.append(operations(lambda run=run, units=units: run(tmp_path / f"out{units}")))
    first, second = counts[1] - counts[0], counts[2] - counts[1]
    assert counts[2] <= MOST * counts[1], counts
    assert second <= MOST * first, f"{counts}: the last doubling cost {second / first:.2f} times the one before"


def test_the_counter_sees_a_list_rebuilt_for_every_row():
    def work(n):
        names = np.arange(n)
        return lambda: [names.tolist().index(k) for k in range(n)]

    counts = [operations(work(n)) for n in (100, 200, 400)]
    assert counts[2] - counts[1] > 3.5 * (counts[1] - counts[0])
