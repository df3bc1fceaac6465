"""What is measured: each workload makes its data for a size, and names the phases that are timed one after another.

A naive route does the same job in the plainest way that anybody would write, on a sample of it; it never changes, so
that the ratio to it tells a slower engine from a slower machine. Each naive route returns what the phase returns for
its sample, and the smoke run of the gate holds the two against each other.
"""

from __future__ import annotations

import csv
import importlib.util
import io
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import bench

sys.path.insert(0, str(Path(__file__).parent))
from bench_dea import cobb_douglas, with_scipy, with_warm_highs


@dataclass(frozen=True)
class Phase:
    """One timed step.

    Attributes
    ----------
    name : str
    work : callable
        Does the step and returns its numbers, in the order of the operations.
    operations : int
        Programs, rows or draws: what the time is divided by.
    routes : mapping of str to (callable, int)
        ``"naive"`` and peers: what returns the numbers of the first so many operations.
    near : float
        Largest difference of the two that is no fault, relative to the largest number.
    """

    name: str
    work: Callable[[], Any]
    operations: int
    routes: dict[str, tuple[Callable[[], Any], int]] = field(default_factory=dict)
    near: float = 1e-7


@dataclass(frozen=True)
class Workload:
    """A job in several sizes, the first of which is that of the smoke run."""

    name: str
    sizes: tuple[int, ...]
    phases: Callable[[int], list[Phase]]


def dea(n: int) -> list[Phase]:
    """3 + 3, variable returns, input side: programs."""
    X, Y = cobb_douglas(n, 3, 3, "vrs")
    units, sample = bench.Units.from_arrays(X, Y), np.arange(min(n, 20))
    routes = {
        "naive": (lambda: with_scipy(X, Y, "vrs", sample), len(sample)),
        "warm HiGHS": (lambda: with_warm_highs(X, Y, "vrs", sample), len(sample)),
    }
    if importlib.util.find_spec("pulp"):
        routes["PuLP"] = (lambda: with_pulp(X, Y, sample[:3]), 3)
    return [
        Phase("scores", lambda: bench.dea(units, rts="vrs").scores, n, routes),
        Phase("scores and slacks", lambda: bench.dea(units, rts="vrs", slacks=True).scores, n),
    ]


def with_pulp(X: Any, Y: Any, rows: Any) -> Any:
    """Solve by CBC, one program per unit."""
    import pulp

    found = []
    for o in rows:
        problem = pulp.LpProblem("unit", pulp.LpMinimize)
        theta = pulp.LpVariable("theta")
        weight = [pulp.LpVariable(f"w{j}", 0) for j in range(len(X))]
        problem += theta
        for i in range(X.shape[1]):
            problem += pulp.lpSum(X[j, i] * weight[j] for j in range(len(X))) <= theta * X[o, i]
        for i in range(Y.shape[1]):
            problem += pulp.lpSum(Y[j, i] * weight[j] for j in range(len(X))) >= Y[o, i]
        problem += pulp.lpSum(weight) == 1
        problem.solve(pulp.PULP_CBC_CMD(msg=False))
        found.append(theta.value())
    return np.array(found)


def general(n: int) -> list[Phase]:
    """Cross-efficiency, two exact programs per unit by the general route."""
    X, Y = cobb_douglas(n, 2, 2, "crs")
    units, sample = bench.Units.from_arrays(X, Y), np.arange(min(n, 10))
    return [
        Phase(
            "cross-efficiency",
            lambda: bench.envelopment.cross_efficiency(units).values.own,
            2 * n,
            {"naive": (lambda: with_scipy(X, Y, "crs", sample), len(sample))},
        )
    ]


def bootstrap(draws: int) -> list[Phase]:
    """A hundred units, 3 + 3, variable returns: programs of all draws."""
    X, Y = cobb_douglas(100, 3, 3, "vrs")
    units, sample = bench.Units.from_arrays(X, Y), np.arange(10)
    return [
        Phase(
            "bootstrap",
            lambda: bootstrapped(units, draws),
            100 * draws,
            {"naive": (lambda: with_scipy(X, Y, "vrs", sample), len(sample))},
        )
    ]


def bootstrapped(units: bench.Units, draws: int) -> Any:
    """Return the efficiency that the draws correct."""
    found = bench.envelopment.bootstrap_efficiency(units, rts="vrs", replicates=draws, seed=1)
    return found["estimate"].to_numpy()


def sfa(n: int) -> list[Phase]:
    """Normal and half normal, two inputs: observations."""
    rng = np.random.default_rng(7)
    x = rng.normal(size=(n, 2))
    y = 1.0 + x @ [0.6, 0.3] + rng.normal(0, 0.2, n) - np.abs(rng.normal(0, 0.4, n))

    design = np.column_stack([np.ones(n), x])

    def fit(y: Any, design: Any) -> Any:
        from bench.stochastic import fit

        return np.asarray(fit(y, design).params)

    def naive() -> Any:
        from scipy.optimize import minimize
        from scipy.stats import norm

        def loss(p: Any) -> float:
            sigma, lam = np.exp(p[-2]), np.exp(p[-1])
            e = y - design @ p[:3]
            return -float((np.log(2 / sigma) + norm.logpdf(e / sigma) + norm.logcdf(-e * lam / sigma)).sum())

        start = np.append(np.linalg.lstsq(design, y, rcond=None)[0], [np.log(0.4), 0.0])
        return minimize(loss, start, method="BFGS").x[:3]

    return [
        # A gradient by differences settles to five digits.
        Phase("fit", lambda: fit(y, design)[:3], n, {"naive": (naive, n)}, near=1e-3),
    ]


def corrected(n: int) -> list[Phase]:
    """Scores after one number was corrected, from arrays on: programs."""
    X, Y = cobb_douglas(n, 3, 3, "vrs")
    X[0, 0] *= 1.1
    sample = np.arange(min(n, 20))
    routes = {"naive": (lambda: with_scipy(X, Y, "vrs", sample), len(sample))}
    return [Phase("again", lambda: bench.dea(bench.Units.from_arrays(X, Y), rts="vrs").scores, n, routes)]


def panel(n: int) -> list[Phase]:
    """Pitt and Lee's panel (1981), two inputs, five years of each unit: units."""
    years = 5
    rng = np.random.default_rng(11)
    x = rng.normal(size=(n * years, 2))
    unit, year = np.repeat(np.arange(n), years), np.tile(np.arange(years), n)
    y = 1.0 + x @ [0.6, 0.3] + rng.normal(0, 0.2, n * years) - np.abs(rng.normal(0, 0.4, n))[unit]
    design = np.column_stack([np.ones(n * years), x])

    def ours() -> Any:
        from bench.stochastic.panels.sfa_panel import fit_panel

        return np.asarray(fit_panel(y, design, groups=unit, times=year, structure="pitt-lee").params)[:3]

    def naive() -> Any:
        from scipy.optimize import minimize
        from scipy.stats import norm

        def loss(p: Any) -> float:
            u2, v2 = np.exp(2 * p[-2]), np.exp(2 * p[-1])
            e = (y - design @ p[:3]).reshape(n, years)
            spread = np.sqrt(u2 * v2 / (v2 + years * u2))
            a = -e.sum(1) * u2 / (v2 + years * u2) / spread
            each = norm.logcdf(a) + a**2 / 2 - (e**2).sum(1) / (2 * v2) + np.log(spread) - p[-2] - years * p[-1]
            return -float(each.sum())

        start = np.append(np.linalg.lstsq(design, y, rcond=None)[0], np.log([0.4, 0.3]))
        return minimize(loss, start, method="BFGS").x[:3]

    return [Phase("fit", ours, n, {"naive": (naive, n)}, near=1e-3)]


def reading(rows: int) -> list[Phase]:
    """A Norwegian CSV file of ten columns: rows."""
    rng = np.random.default_rng(3)
    values = rng.uniform(1, 1e6, (rows, 9)).round(2)
    lines = [";".join([f"Enhet {i}", *(f"{v:.2f}".replace(".", ",") for v in row)]) for i, row in enumerate(values)]
    columns = [f"c{j}" for j in range(9)]
    text = "\n".join([";".join(["enhet", *columns]), *lines]) + "\n"
    path = Path(tempfile.mkdtemp(prefix="benchmarks-")) / "table.csv"
    path.write_text(text, encoding="utf-8")

    def naive() -> Any:
        table = csv.reader(io.StringIO(path.read_text(encoding="utf-8")), delimiter=";")
        next(table)
        return np.array([[float(cell.replace(",", ".")) for cell in row[1:]] for row in table])[:, 1]

    def ours() -> Any:
        units = bench.read_units(path, id="enhet", inputs=["c0"], outputs=["c1"], extra=columns[2:])
        return units.Y[:, 0]

    return [Phase("read", ours, rows, {"naive": (naive, rows)})]


REGISTRY = (
    Workload("dea", (100, 1_000, 10_000), dea),
    Workload("corrected", (100, 1_000, 10_000), corrected),
    Workload("general", (30, 100, 300), general),
    Workload("bootstrap", (100, 500, 2_000), bootstrap),
    Workload("sfa", (500, 1_000, 100_000), sfa),
    Workload("panel", (100, 500, 5_000), panel),
    Workload("reading", (200, 10_000, 100_000), reading),
)
