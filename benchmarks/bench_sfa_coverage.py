"""Are estimates unbiased, and do 95 % intervals hold the truth in 95 % of the cases? Simulated production frontiers.

    python benchmarks/bench_sfa_coverage.py [--replicates 100] [--n 200] [--periods 5] [--seed 1]

y = 1 + 0.6 x1 + 0.3 x2 + v - u, noise N(0, 0.15²). Four designs: half-normal u (0.3), exponential u (0.2), truncated
normal u (mean 0.3, 0.2 before the cut), and a Pitt-Lee panel of half-normal u (0.3) with n/periods units. Bias is the
mean estimate minus the truth over all replicates, those at a boundary included; the truth of mean efficiency is that of
the sample's own units. Where ``sigma_u`` has no value (the limit mu -> -infinity of the truncated normal) the replicate
is left out of its bias alone. Intervals: Wald for coefficients, with the Hessian, where standard errors exist;
Horrace & Schmidt (1996) for efficiencies, which take the coefficients as known, over all replicates (``all``) and
over those with an interior maximum (``inside``). The Monte-Carlo standard error of each bias is in brackets.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np

from bench.errors import EstimationError
from bench.stochastic import Estimate, fit
from bench.stochastic.panels.sfa_panel import fit_panel

BETA = np.array([1.0, 0.6, 0.3])
SIGMA_V = 0.15
Z = 1.959963984540054


@dataclass(frozen=True)
class Design:
    """One data-generating process: its distribution of u, scale, mean before the cut and whether u is the unit's."""

    label: str
    distribution: str
    sigma_u: float
    mu: float = 0.0
    panel: bool = False

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Return n inefficiencies."""
        if self.distribution == "exponential":
            return rng.exponential(self.sigma_u, size=n)
        u = rng.normal(self.mu, self.sigma_u, size=n)
        if self.distribution == "half-normal":
            return np.abs(u)
        while (u < 0.0).any():
            u[u < 0.0] = rng.normal(self.mu, self.sigma_u, size=int((u < 0.0).sum()))
        return u


DESIGNS = (
    Design("half-normal", "half-normal", 0.3),
    Design("exponential", "exponential", 0.2),
    Design("truncated normal", "truncated-normal", 0.2, mu=0.3),
    Design("Pitt-Lee panel", "half-normal", 0.3, panel=True),
)


def replicate(design: Design, n: int, periods: int, seed: int) -> tuple[np.ndarray, np.ndarray, bool]:
    """Return errors (b0, b1, b2, sigma_u, sigma_v, mean efficiency), coverages (b0, b1, b2, efficiency), interior."""
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.normal(size=(n, 2))])
    unit, time = np.divmod(np.arange(n), periods)
    u = design.draw(unit[-1] + 1, rng)[unit] if design.panel else design.draw(n, rng)
    y = x @ BETA + SIGMA_V * rng.normal(size=n) - u
    estimate: Estimate
    if design.panel:
        estimate = fit_panel(y, x, groups=unit, times=time, distribution=design.distribution)
    else:
        estimate = fit(y, x, distribution=design.distribution)
    posterior, k = estimate.posterior, len(BETA)
    sigma_v, sigma_u = (np.exp(0.5 * estimate.params[estimate.slices[role]][0]) for role in ("v", "u"))
    truth, error = np.exp(-u), estimate.params[:k] - BETA
    errors = [*error, sigma_u - design.sigma_u, sigma_v - SIGMA_V, (posterior.efficiency() - truth).mean()]
    spread = np.sqrt(np.diag(estimate.covariance)[:k])
    held = np.where(np.isfinite(spread), np.abs(error) <= Z * spread, np.nan)
    low, high = np.exp(-posterior.quantile(0.975)), np.exp(-posterior.quantile(0.025))
    covered = np.mean((truth >= low) & (truth <= high))
    return np.array(errors), np.array([*held, covered]), not estimate.at_boundary


def study(design: Design, replicates: int, n: int, periods: int, seed: int) -> tuple[str, str]:
    """Return a line of biases and a line of coverages."""
    rows, failed = [], 0
    for r in range(replicates):
        try:
            rows.append(replicate(design, n, periods, seed + r))
        except EstimationError:
            failed += 1
    errors, held = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    inside = np.array([row[2] for row in rows])
    bias, noise = np.nanmean(errors, axis=0), np.nanstd(errors, axis=0) / np.sqrt(np.isfinite(errors).sum(axis=0))
    first = "".join(f"{b:+9.3f} ({s:.3f})" for b, s in zip(bias, noise, strict=True))
    cells = [*np.nanmean(held, axis=0), np.mean(held[inside, 3]), 1.0 - inside.mean()]
    second = "".join(f"{100 * value:12.1f}" for value in cells) + f"{failed:10d}"
    return f"{design.label:<18}{first}", f"{design.label:<18}{second}"


def main() -> None:
    """Print the table of biases and the table of coverages."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--replicates", type=int, default=100)
    parser.add_argument("--n", type=int, default=200, help="rows of each sample")
    parser.add_argument("--periods", type=int, default=5, help="periods of the panel")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    lines = [study(d, given.replicates, given.n, given.periods, given.seed) for d in DESIGNS]
    print(f"{given.replicates} replicates, n = {given.n}, seed {given.seed}\n\nbias (Monte-Carlo standard error)")
    names = ("b0", "b1", "b2", "sigma_u", "sigma_v", "mean eff.")
    print(" " * 18 + "".join(f"{name:>17}" for name in names), *(line[0] for line in lines), sep="\n")
    heads = ("b0", "b1", "b2", "eff. all", "eff. inside", "at boundary")
    print("\ncoverage of nominal 95 % intervals, %; share at a boundary, %; searches that failed")
    print(" " * 18 + "".join(f"{h:>12}" for h in heads) + f"{'failed':>10}", *(line[1] for line in lines), sep="\n")


if __name__ == "__main__":
    main()
