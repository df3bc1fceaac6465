"""Twice the units cost no more than twice the work: calls are counted, not timed."""

from __future__ import annotations

import sys
from collections import Counter

import numpy as np

import bench

SERVICES = [f"service_{number}" for number in range(1, 5)]
YEARS = 3


def table(units):
    """Return units in several years with a cost and several services."""
    rng = np.random.default_rng(0)
    base = np.exp(rng.normal(0, 0.8, (units, len(SERVICES)))) * 100
    rows = ["unit,year,cost," + ",".join(SERVICES)]
    for year in range(YEARS):
        volume = np.round(base * np.exp(rng.normal(0, 0.05, base.shape))) + 1
        cost = np.round((volume @ np.linspace(1, 3, len(SERVICES))) * 1000 * np.exp(np.abs(rng.normal(0, 0.2, units))))
        rows += [
            f"u{number:05d},{2019 + year},{cost[number]:.0f}," + ",".join(f"{value:.0f}" for value in volume[number])
            for number in range(units)
        ]
    return "\n".join(rows)


def calls(job):
    """Return how often every function is called, those written in C included."""
    counted: Counter[tuple[str, str]] = Counter()

    def note(frame, event, what):
        if event == "call":
            counted[frame.f_code.co_filename, frame.f_code.co_name] += 1
        elif event == "c_call":
            counted["C", getattr(what, "__qualname__", str(what))] += 1

    sys.setprofile(note)
    try:
        job()
    finally:
        sys.setprofile(None)
    return counted


def test_a_run_of_twice_the_units_makes_no_more_than_twice_the_calls(tmp_path):
    """Once a list of all rows was made anew for every row, and 25,000 rows did not end."""
    model = bench.load_model("average-cost").with_roles(id="unit", period="year", cost="cost", outputs=SERVICES)

    def job(units):
        path = tmp_path / f"{units}.csv"
        path.write_text(table(units), encoding="utf-8")

        def run():
            read = bench.read_units(path, id="unit", period="year", inputs=["cost"], outputs=SERVICES)
            bench.run(model, read)

        return run

    job(20)()
    few, many = calls(job(60)), calls(job(120))
    grown = {name: (few[name], count) for name, count in many.items() if count > 2.2 * few[name] + 120}
    # What a solver does step by step depends on the data and not on their number alone.
    grown = {name: both for name, both in grown.items() if "envelopment" not in name[0] and name[0] != "C"}
    assert not grown
    assert sum(many.values()) <= 2.2 * sum(few.values())


def test_the_count_sees_a_list_made_anew_for_every_row():
    def item(number):
        return number

    def job(rows):
        return lambda: [[item(number) for number in range(rows)] for _ in range(rows)]

    assert sum(calls(job(40)).values()) > 3.5 * sum(calls(job(20)).values())
