"""Simulation against a plain Python loop over draws, units and services, in one run.

``python benchmarks/bench_simulation.py [small|full]``: ``small`` (default) runs both routes on 100 units, 10 services,
10 years and 100 draws and compares their price levels; ``full`` adds 200 units × 10 services × 20 years × 1,000 draws.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd

import bench
from bench.stykkpris.simulation import Outlook, simulate
from bench.stykkpris.simulation.draws import blocks, stream

SHOCK, COST_SHOCK = 0.04, 0.02


def accounts(units: int, services: int) -> tuple[bench.Units, bench.modelfile.Model]:
    """One year of made-up accounts and the pure rule."""
    rng = np.random.default_rng(1)
    volume = rng.uniform(50.0, 500.0, (units, services))
    cost = (volume @ rng.uniform(100.0, 1000.0, services)) * rng.uniform(0.9, 1.1, units)
    names = [f"s{k}" for k in range(services)]
    frame = pd.DataFrame(volume, columns=names).assign(unit=[f"U{i:03d}" for i in range(units)], year=2024, cost=cost)
    model = bench.load_model("average-cost").with_roles(id="unit", period="year", cost="cost", outputs=names)
    table = bench.Units.from_frame(frame, id="unit", period="year", inputs=["cost"], outputs=names)
    return table, model


def by_loop(volume: np.ndarray, cost: np.ndarray, years: int, draws: int, seed: int) -> np.ndarray:
    """The same worlds, one number at a time: need, cost, price level of the next year; no behaviour."""
    units, services = volume.shape
    total = volume.sum(axis=0)
    weights = [cost.sum() / (services * total[k]) for k in range(services)]
    base = [cost[i] / sum(volume[i, k] * weights[k] for k in range(services)) for i in range(units)]
    levels = np.zeros((draws, years))
    for number, begin, end in blocks(draws):
        size = end - begin
        need_stream, common_stream, cost_stream = (stream(seed, number, "all", w) for w in ("need", "common", "cost"))
        need = [volume.tolist() for _ in range(size)]
        level = [1.0] * size
        for t in range(years):
            shocks = need_stream.standard_normal((size, units, services))
            common_stream.standard_normal((size, 1, services))
            noise = cost_stream.standard_normal((size, units))
            for d in range(size):
                levels[begin + d, t] = level[d]
                spent = paid = 0.0
                for i in range(units):
                    weighted = 0.0
                    for k in range(services):
                        need[d][i][k] *= np.exp(SHOCK * shocks[d, i, k] - 0.5 * SHOCK**2)
                        weighted += need[d][i][k] * weights[k]
                    spent += base[i] * weighted * np.exp(COST_SHOCK * noise[d, i] - 0.5 * COST_SHOCK**2)
                    paid += weighted
                level[d] = spent / paid
    return levels


def timed(units: int, services: int, years: int, draws: int, behaviour: str) -> tuple[float, np.ndarray]:
    """Processor seconds and price levels of the vectorised route."""
    table, model = accounts(units, services)
    outlook = Outlook(demand_growth=0.0, demand_shock=SHOCK, common_shock=0.0, cost_shock=COST_SHOCK, cost_growth=0.0)
    begin = time.process_time()
    played = simulate(
        model, table, years=range(2025, 2025 + years), seed=1, draws=draws, behaviour=behaviour, outlook=outlook
    )
    return time.process_time() - begin, played.schemes[0]["level"]


def main(size: str) -> None:
    """Print both routes and their ratio."""
    units, services, years, draws = 100, 10, 10, 100
    table, _ = accounts(units, services)
    timed(units, services, years, draws, "neutral")
    fast, levels = timed(units, services, years, draws, "neutral")
    begin = time.process_time()
    looped = by_loop(table.Y, table.X[:, 0], years, draws, 1)
    slow = time.process_time() - begin
    worst = np.abs(levels / looped - 1.0).max()
    print(f"{units} units x {services} services x {years} years x {draws} draws")
    print(f"  processor time: vectorised {fast:.3f} s, loop {slow:.3f} s: {slow / fast:.0f} times")
    print(f"  largest relative difference of the price levels: {worst:.1e}")
    if size == "full":
        for behaviour in ("neutral", "assumed"):
            seconds, _ = timed(200, 10, 20, 1000, behaviour)
            print(f"200 units x 10 services x 20 years x 1000 draws, {behaviour}: {seconds:.2f} s of one processor")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "small")
