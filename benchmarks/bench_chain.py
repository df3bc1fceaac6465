"""The chain's own speed: prices with ranges, an appeal, and the specification curve, against naive routes.

``python benchmarks/bench_chain.py``: CPU seconds on one thread (OMP_NUM_THREADS=1), and beside them the same numbers by
solving every program again (a sample of them, in the same run).
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import bench
from bench.manifest import read_manifest
from bench.modelfile import Model
from bench.pipeline import run_file
from bench.pipeline.appeal import appeal, cell_change
from bench.pipeline.specs import specification_curve
from bench.verification import saved_record


def _table(n: int, services: int, years: int = 1) -> tuple[pd.DataFrame, list[str]]:
    rng = np.random.default_rng(1)
    names = [f"s{k}" for k in range(services)]
    volume = rng.uniform(10, 60, (n * years, services)).round(1)
    cost = volume @ rng.uniform(0.3, 1.0, services) * np.exp(np.abs(rng.normal(0, 0.3, n * years))) * 1e5
    frame = pd.DataFrame(volume, columns=names)
    frame.insert(0, "unit", np.repeat([f"U{k:04d}" for k in range(n)], years))
    frame.insert(1, "year", np.tile(np.arange(2025 - years, 2025), n))
    return frame.assign(cost=cost.round(2)), names


def _model(names: list[str], rts: str = "vrs") -> Model:
    values = {
        "frontier.method": "dea",
        "frontier.rts": rts,
        "norm.source": "dea",
        "benchmark.sources": ["average", "dea"],
    }
    model = bench.load_model("average-cost").with_values(values)
    return model.with_roles(id="unit", period="year", cost="cost", outputs=names)


def _cpu(work: object, *arguments: object) -> float:
    start = time.process_time()
    work(*arguments)  # type: ignore[operator]
    return time.process_time() - start


def prices() -> None:
    """500 units × 10 services: everything but resampling, price ranges too."""
    frame, names = _table(500, 10)
    model = _model(names)
    units = bench.Units.from_frame(frame, **model.read_options())
    bench.run(model, units)
    print(f"prices with ranges, 500 units x 10 services: {_cpu(bench.run, model, units):.2f} s")


def appeals() -> None:
    """1,000 units × 2 years: both runs and what moves."""
    frame, names = _table(1000, 2, years=2)
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "client.csv"
        frame.to_csv(file, index=False, sep=";", decimal=",")
        roles = {"id": "unit", "period": "year", "cost": "cost", "outputs": names}
        values = {"frontier.method": "dea", "norm.source": "dea"}
        run_file(bench.load_model("average-cost").with_values(values), file, roles=roles).save(Path(place) / "out")
        record = saved_record(Path(place) / "out", read_manifest(Path(place) / "out"))
        change = cell_change(
            f"client.csv!E5={frame['cost'].iloc[3] * 0.7:.2f}".replace(".", ",").replace(",csv", ".csv")
        )
        appeal(record, "U0001", change)
        print(f"appeal, 1,000 units x 2 years: {_cpu(appeal, record, 'U0001', change):.2f} s")


def specs() -> None:
    """The curve with every unit left out in turn, and of distinct sets of outputs, against one frontier at a time."""
    for services, rts, sample in ((4, ("crs", "vrs"), "leave-one-out"), (8, ("crs", "vrs", "irs", "drs"), "all")):
        frame, names = _table(200, services)
        model = _model(names)
        units = bench.Units.from_frame(frame, **model.read_options())
        specification_curve(model, units, outputs="stated", sample="all")
        start = time.process_time()
        (found,) = specification_curve(model, units, rts=rts, sample=sample)
        spent = time.process_time() - start
        plain = bench.Units.from_frame(frame, id="unit", inputs=["cost"], outputs=names)
        naive = _cpu(lambda units=plain: [bench.dea(units, rts="vrs") for _ in range(20)]) / 20
        each = spent / len(found.specs)
        print(
            f"specifications, 200 units, {services} outputs, sample {sample}: {len(found.specs)} in {spent:.2f} s, "
            f"{10_000 * each:.1f} s per 10,000; one frontier at a time {10_000 * naive:.0f} s, ratio {naive / each:.1f}"
        )


if __name__ == "__main__":
    prices()
    appeals()
    specs()
