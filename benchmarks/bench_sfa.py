"""Speed of the stochastic frontiers beside a naive route, in one run on one core.

    OMP_NUM_THREADS=1 python benchmarks/bench_sfa.py [quick]

Times hold coefficients, standard errors and efficiencies with 95 % intervals, compilation apart (one warm-up fit). The
naive route is what is written by hand in a hurry: a NumPy likelihood given to scipy's BFGS with numerical
derivatives, from the same corrected least squares, without standard errors or efficiencies. CPU seconds, because
machines are shared; the best of a few runs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_ndtr

from bench.stochastic import fit
from bench.stochastic.afterwards.sfa_bootstrap import bootstrap
from bench.stochastic.panels.sfa_panel import fit_panel


def translog(rng: np.random.Generator, n: int, k: int = 3) -> np.ndarray:
    """Regressors of a translog in k variables: 10 columns for three."""
    z = rng.normal(size=(n, k))
    products = [z[:, i] * z[:, j] * (0.5 if i == j else 1.0) for i in range(k) for j in range(i, k)]
    return np.column_stack([np.ones(n), z, *products])


def cross_section(n: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n)
    x = translog(rng, n)
    beta = np.r_[1.0, 0.4, 0.3, 0.2, 0.05 * rng.normal(size=6)]
    return x @ beta + 0.2 * rng.normal(size=n) - 0.3 * np.abs(rng.normal(size=n)), x


def panel(name: str, units: int = 500, periods: int = 10) -> dict[str, Any]:
    rng = np.random.default_rng(7)
    n = units * periods
    unit, year = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    x = translog(rng, n)
    y = x @ np.r_[1.0, 0.4, 0.3, 0.2, 0.05 * rng.normal(size=6)] + 0.2 * rng.normal(size=n)
    if name in ("pitt-lee", "battese-coelli-1992"):
        decay = np.exp(-0.05 * (year - periods + 1)) if name != "pitt-lee" else 1.0
        y -= decay * (0.4 * np.abs(rng.normal(size=units)))[unit]
    else:
        y += (0.3 * rng.normal(size=units))[unit] - 0.4 * np.abs(rng.normal(size=n))
        if name == "four-components":
            y -= (0.5 * np.abs(rng.normal(size=units)))[unit]
    return {"y": y, "X": x, "groups": unit, "times": year}


def with_means(units: int = 500, periods: int = 10) -> dict[str, Any]:
    """Battese & Coelli (1995): the mean of u on two covariates."""
    rng = np.random.default_rng(8)
    n = units * periods
    x, z = translog(rng, n), rng.normal(size=(n, 2))
    mean = 0.2 + z @ [0.2, -0.1]
    u = mean + 0.3 * rng.normal(size=n)
    while (u < 0).any():
        u = np.where(u < 0, mean + 0.3 * rng.normal(size=n), u)
    return {"y": x @ np.r_[1.0, 0.4, 0.3, 0.2, np.zeros(6)] + 0.2 * rng.normal(size=n) - u, "X": x, "mu": z}


def complete(estimate: Any) -> Any:
    """What the targets ask for besides the fit: standard errors, efficiencies and their intervals."""
    np.sqrt(np.diag(estimate.covariance))
    estimate.posterior.efficiency()
    estimate.posterior.quantile(0.025)
    estimate.posterior.quantile(0.975)
    return estimate


def naive(y: np.ndarray, x: np.ndarray) -> float:
    """Half-normal by BFGS on numerical derivatives."""
    beta, *_ = np.linalg.lstsq(x, y, rcond=None)
    e = y - x @ beta
    start = np.r_[beta, np.log(e.var() / 2), np.log(e.var() / 2)]
    start[0] += 0.8 * np.sqrt(e.var() / 2)

    def minus(theta: np.ndarray) -> float:
        error = y - x @ theta[:-2]
        v, u = np.exp(theta[-2:])
        s = v + u
        z = -error * np.sqrt(u / (s * v))
        return -float(np.sum(np.log(2) - 0.5 * np.log(2 * np.pi * s) - 0.5 * error**2 / s + log_ndtr(z)))

    return -float(minimize(minus, start, method="BFGS").fun)


def timed(run: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    run()
    best = np.inf
    for _ in range(repeats):
        begin = time.process_time()
        result = run()
        best = min(best, time.process_time() - begin)
    return best, result


def line(label: str, seconds: float, target: float, extra: str = "") -> None:
    print(f"{label:<46} {seconds * 1e3:9.2f} ms   target {target * 1e3:7.1f} ms   {extra}", flush=True)


def main() -> None:
    quick = "quick" in sys.argv[1:]
    for n, target in ((1000, 0.004), (10_000, 0.03), (100_000, 0.2)):
        y, x = cross_section(n)
        seconds, ours = timed(lambda y=y, x=x: complete(fit(y, x)), 3 if n > 10_000 else 20)
        extra = f"loglik {ours.loglik:.6f}, {ours.diagnostics.iterations} iterations"
        if n <= (1000 if quick else 10_000):
            slow, value = timed(lambda y=y, x=x: naive(y, x), 1)
            extra += f"; naive {slow * 1e3:.0f} ms ({slow / seconds:.0f} times), loglik {value:.6f}"
        line(f"half-normal translog, n = {n}", seconds, target, extra)
    for name, target in (
        ("pitt-lee", 0.04),
        ("battese-coelli-1992", 0.04),
        ("true-random", 1.0),
        ("four-components", 1.0),
    ):
        data = panel(name)
        seconds, ours = timed(lambda d=data, s=name: complete(fit_panel(**d, structure=s)), 5 if target < 0.1 else 2)
        line(f"{name}, 500 × 10", seconds, target, f"loglik {ours.loglik:.6f} {ours.at_boundary}")
    data = with_means()
    seconds, ours = timed(lambda: complete(fit(**data, distribution="truncated-normal")), 3)
    line("Battese & Coelli 1995, 500 × 10", seconds, 0.1, f"loglik {ours.loglik:.6f}")
    y, x = cross_section(200)
    estimate = fit(y, x[:, :4])
    replicates = 100 if quick else 1000
    seconds, _ = timed(lambda: bootstrap(estimate, x[:, :4], replicates=replicates, seed=1), 1)
    line(f"parametric bootstrap, B = {replicates}, n = 200", seconds, 3.0 * replicates / 1000)


if __name__ == "__main__":
    main()
