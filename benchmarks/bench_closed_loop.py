"""A closed loop against a linear program per unit: the frontier measured again in every simulated year and draw.

``python benchmarks/bench_closed_loop.py [small|full]``: 200 units, 3 services and 10 years; ``small`` (default) with 20
draws, ``full`` with 1,000. The naive route solves the same programs one by one with ``scipy.optimize.linprog`` on some
of the accounts, in the same run; the ratio is per measured frontier.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd
from scipy.optimize import linprog

import bench
from bench.modelfile import Model, parse_model
from bench.pipeline.loop.measuring import measure_of
from bench.stykkpris.scheme_data import scheme_data
from bench.stykkpris.simulation import Outlook

UNITS, YEARS, NAIVE = 200, 10, 1
SERVICES = ("a", "b", "c")
TEXT = """
[meta]
name = "loop"
title = { nb = "Sløyfe", en = "Loop" }
[data]
id = "unit"
period = "year"
cost = "cost"
[frontier]
method = "dea"
rts = "vrs"
periods = "separate"
[norm]
source = "dea"
[indexation]
deflator = 0.03
[[scheme]]
id = "s"
label = { nb = "S", en = "S" }
[scheme.settlement]
keep_surplus = 1.0
carry_deficit = 1.0
[scheme.price]
frontier_reference = "norm"
frontier_share = 0.5
"""
SERVICE = """
[[scheme.service]]
id = "{0}"
weight = {1}
label = {{ nb = "{0}", en = "{0}" }}
measure = {{ nb = "{0}", en = "{0}" }}
"""


def accounts() -> tuple[Model, bench.Units]:
    """One year of made-up accounts and a price that looks half at the frontier."""
    rng = np.random.default_rng(1)
    text = TEXT + "".join(SERVICE.format(name, weight) for name, weight in zip(SERVICES, (1.0, 2.0, 4.0), strict=True))
    model = parse_model(text, "loop.toml")
    volume = rng.uniform(50.0, 500.0, (UNITS, len(SERVICES)))
    cost = volume @ [1.0, 2.0, 4.0] * np.exp(rng.gamma(2.0, 0.1, UNITS))
    frame = pd.DataFrame(volume, columns=list(SERVICES)).assign(unit=[f"U{i:03d}" for i in range(UNITS)], cost=cost)
    return model, bench.Units.from_frame(frame.assign(year=2024), **model.read_options())


def by_linprog(cost: np.ndarray, volume: np.ndarray) -> np.ndarray:
    """The norms of one year's accounts, one program per unit."""
    ones = np.ones((1, len(cost)))
    return np.array(
        [linprog(cost, A_ub=-volume.T, b_ub=-volume[i], A_eq=ones, b_eq=[1.0]).fun for i in range(len(cost))]
    )


def main(size: str) -> None:
    """Time both routes and compare their norms."""
    model, units = accounts()
    draws = 1000 if size == "full" else 20
    world = Outlook(cost_growth=0.03, demand_growth=0.0, demand_shock=0.05, common_shock=0.0, cost_shock=0.05)
    start = time.perf_counter()
    bench.simulate(
        model, units, years=range(2025, 2025 + YEARS), seed=1, draws=draws, outlook=world, frontier="estimated"
    )
    loop = time.perf_counter() - start
    data = scheme_data(model, units)[0]
    rng = np.random.default_rng(2)
    costs = data.cost[:, 0] * np.exp(0.05 * rng.standard_normal((NAIVE, UNITS)))
    start = time.perf_counter()
    naive = np.stack([by_linprog(cost, data.volume[:, 0]) for cost in costs])
    each = (time.perf_counter() - start) / NAIVE
    fast = measure_of(model, data)(2025, costs, data.volume[:, 0], [])
    worst = float(np.max(np.abs(fast / naive - 1.0)))
    print(
        f"{UNITS} units, {YEARS} years, {draws} draws: {loop:.1f} s, {1000 * loop / (YEARS * draws):.1f} ms a frontier"
    )
    print(f"one program at a time: {1000 * each:.0f} ms a frontier, {each * YEARS * draws / loop:.0f} times as long")
    print(f"largest relative difference of norms: {worst:.1e}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "small")
