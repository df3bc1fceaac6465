"""Does the search find the best interior root and name every boundary? Simulated data sets against a 50-start search.

    python benchmarks/bench_sfa_robustness.py [number of data sets] [first seed]

Sizes 50 to 2,000, gamma 0.1 to 0.95, production and cost, wrong-skew samples included. For every data set: no crash,
the reported interior maximum is at least as high as the best of 50 random starts (tolerance 1e-6), and every limit
that is higher is named. Prints one line per failure and a summary.
"""

from __future__ import annotations

import sys
import time
from collections import Counter

import numpy as np

from bench.stochastic import fit
from bench.stochastic.likelihood.cross_section import CrossSection
from bench.stochastic.likelihood.sfa_distributions import DISTRIBUTIONS
from bench.stochastic.search.newton import maximise

SIZES = (50, 80, 120, 250, 500, 1000, 2000)
GAMMAS = (0.1, 0.3, 0.5, 0.7, 0.85, 0.95)


def simulate(seed: int) -> tuple[np.ndarray, np.ndarray, str, str, int, float]:
    """Return y, X, kind, distribution, n and gamma of one data set."""
    rng = np.random.default_rng(seed)
    n, gamma = int(rng.choice(SIZES)), float(rng.choice(GAMMAS))
    law = "half-normal" if rng.random() < 0.7 else "exponential"
    kind = "production" if rng.random() < 0.5 else "cost"
    sigma_u, sigma_v = 0.5 * np.sqrt(gamma), 0.5 * np.sqrt(1.0 - gamma)
    x = np.column_stack([np.ones(n), rng.normal(size=(n, int(rng.integers(1, 6))))])
    u = sigma_u * (np.abs(rng.normal(size=n)) if law == "half-normal" else rng.exponential(size=n))
    y = x @ rng.normal(size=x.shape[1]) + sigma_v * rng.normal(size=n) + (u if kind == "cost" else -u)
    return y, x, kind, law, n, gamma


def fifty_starts(y: np.ndarray, x: np.ndarray, kind: str, law: str, seed: int) -> tuple[float, int]:
    """Best interior log-likelihood of 50 random starts, and how many of them ended inside."""
    rng = np.random.default_rng(seed)
    sign = -1.0 if kind == "cost" else 1.0
    beta, *_ = np.linalg.lstsq(x, y, rcond=None)
    spread = (y - x @ beta).std()
    ones = np.ones((len(y), 1))
    problem = CrossSection(sign * y, (-sign * x, ones, ones), DISTRIBUTIONS[law])

    def stop(theta: np.ndarray) -> bool:
        return bool(min(theta[-1], theta[-2]) < 2 * np.log(spread) - 18)

    best, inside = -np.inf, 0
    for _ in range(50):
        share = rng.uniform(0.02, 0.98)
        theta = np.concatenate([beta, 2 * np.log(spread) + np.log([1 - share, 2.0 * share])])
        theta[: len(beta)] += 0.3 * spread * rng.normal(size=len(beta))
        theta[0] += sign * rng.uniform(0, 1.5) * spread
        found = maximise(problem.evaluate, theta, stop=stop, max_iterations=100)
        # σu below a hundredth or σv below a thousandth of the spread: that is the boundary itself, not a root.
        v, u = found.x[-2:] - 2 * np.log(spread)
        if found.converged and v > -14 and u > -9:
            inside += 1
            best = max(best, found.value)
    return best, inside


def check(seed: int) -> str:
    """Compare one data set; return ``ok`` or what went wrong."""
    y, x, kind, law, n, gamma = simulate(seed)
    try:
        ours = fit(y, x, kind=kind, distribution=law)
    except Exception as error:
        return f"crash n={n} gamma={gamma} {law}: {type(error).__name__}: {error}"
    best, inside = fifty_starts(y, x, kind, law, seed + 1)
    if ours.at_boundary:
        if inside and best > max(ours.loglik, ours.ols_loglik) + 1e-6:
            return f"missed root n={n} gamma={gamma} {law}: {ours.at_boundary} {ours.loglik:.6f}, starts {best:.6f}"
        return f"boundary {ours.at_boundary}"
    if best > ours.loglik + 1e-6:
        return f"lower n={n} gamma={gamma} {law}: {ours.loglik:.8f} against {best:.8f}"
    named = any(b.gain > 1e-7 and not b.chosen for b in ours.boundaries)
    return "interior, a higher boundary named" if named else "interior"


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    outcomes: Counter[str] = Counter()
    begin = time.perf_counter()
    for seed in range(first, first + count):
        outcome = check(seed)
        if outcome.startswith(("crash", "missed", "lower")):
            print(f"seed {seed}: {outcome}", flush=True)
            outcome = outcome.split(" ")[0]
        outcomes[outcome] += 1
    for outcome, number in outcomes.most_common():
        print(f"{number:6d}  {outcome}")
    print(f"{count} data sets in {time.perf_counter() - begin:.0f} s")


if __name__ == "__main__":
    main()
