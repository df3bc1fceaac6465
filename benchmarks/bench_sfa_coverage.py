"""Are estimates unbiased, and do 95 % intervals hold the truth in 95 % of the cases? Simulated production frontiers.

    python benchmarks/bench_sfa_coverage.py [--replicates 100] [--n 200] [--periods 5] [--seed 1]

y = 1 + 0.6 x1 + 0.3 x2 + v - u, noise N(0, 0.15²). Four designs: half-normal u (0.3), exponential u (0.2), truncated
normal u (mean 0.3, 0.2 before the cut), and a Pitt-Lee panel of half-normal u (0.3) with n/periods units. Bias is the
mean estimate minus the truth over all replicates, those at a boundary included; the truth of mean efficiency is that of
the sample's own units. Where ``sigma_u`` has no value (the limit mu -> -infinity of the truncated normal) the replicate
is left out of its bias alone. Intervals: Wald for coefficients, with the Hessian, where standard errors exist;
Horrace & Schmidt (1996) for efficiencies, which take the coefficients as known, over all replicates (``all``) and
over those with an interior maximum (``inside``). The Monte-Carlo standard error of each bias is in brackets.

    python benchmarks/bench_sfa_coverage.py --only all [--replicates 500] [--seed 1]

Every other interval and test that is printed, by name (``--only prediction bootstrap``): the share of 95 % intervals
that held the truth, or of tests that rejected what was true at 5 %. Sample r has the seed (20261201, study, seed + r).
Designs stand at each study. A sample whose search fails, or at a boundary where the product gives no such number, is
counted beside the others and left out.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

import bench
from bench.errors import BenchError
from bench.stochastic import Estimate, fit
from bench.stochastic.afterwards.sfa_bootstrap import bootstrap
from bench.stochastic.afterwards.sfa_compare import likelihood_ratio_test, vuong_test, wald_test
from bench.stochastic.convex.stoned import stoned_arrays
from bench.stochastic.extended.copula_sfa import copula_sfa
from bench.stochastic.extended.student_noise import student_sfa
from bench.stochastic.extended.two_tier import two_tier_sfa
from bench.stochastic.hypothesis_tests import likelihood_ratio
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
        except BenchError:
            failed += 1
    errors, held = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    inside = np.array([row[2] for row in rows])
    bias, noise = np.nanmean(errors, axis=0), np.nanstd(errors, axis=0) / np.sqrt(np.isfinite(errors).sum(axis=0))
    first = "".join(f"{b:+9.3f} ({s:.3f})" for b, s in zip(bias, noise, strict=True))
    cells = [*np.nanmean(held, axis=0), np.mean(held[inside, 3]), 1.0 - inside.mean()]
    second = "".join(f"{100 * value:12.1f}" for value in cells) + f"{failed:10d}"
    return f"{design.label:<18}{first}", f"{design.label:<18}{second}"


# -- every other interval and test: one sample gives named shares, or nothing where the product gives no number --------

Shares = dict[str, float]


def _inside(low: object, high: object, truth: object) -> float:
    """Share of intervals that hold the truth, over those that are finite."""
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    held = (low <= truth) & (truth <= high)
    known = np.isfinite(low) & np.isfinite(high)
    return float(held[known].mean()) if known.any() else np.nan


def _around(value: object, error: object, truth: object) -> float:
    value, error = np.asarray(value, dtype=float), np.asarray(error, dtype=float)
    return _inside(value - Z * error, value + Z * error, truth)


def _production(rng: np.random.Generator, n: int) -> tuple[pd.DataFrame, np.ndarray]:
    """A Cobb-Douglas table, half-normal u (0.3) and noise (0.15), with its efficiencies."""
    logs, u = rng.normal(size=(n, 2)), 0.3 * np.abs(rng.normal(size=n))
    y = 1.0 + logs @ BETA[1:] + SIGMA_V * rng.normal(size=n) - u
    return pd.DataFrame({"y": np.exp(y), "k": np.exp(logs[:, 0]), "l": np.exp(logs[:, 1])}), np.exp(-u)


def _units(frame: pd.DataFrame) -> bench.Units:
    return bench.Units.from_arrays(frame[["k", "l"]].to_numpy(), frame["y"].to_numpy())


def study_bootstrap(rng: np.random.Generator, law: str = "half-normal") -> Shares:
    """Parametric bootstrap of 99 draws, 100 rows: efficiencies, and coefficients plus and minus 1.96 of its errors."""
    n = 100
    x = np.column_stack([np.ones(n), rng.normal(size=(n, 2))])
    design = Design("", law, 0.2 if law == "truncated-normal" else 0.3, mu=0.3)
    u = design.draw(n, rng) if law == "truncated-normal" else 0.3 * np.abs(rng.normal(size=n))
    estimate = fit(x @ BETA + SIGMA_V * rng.normal(size=n) - u, x, distribution=law)
    if estimate.at_boundary:
        return {"at boundary": 1.0}
    drawn = bootstrap(estimate, x, replicates=99, seed=int(rng.integers(1 << 30)))
    posterior = estimate.posterior
    known = np.exp(-posterior.quantile(0.975)), np.exp(-posterior.quantile(0.025))
    slopes = _around(estimate.params[1:3], drawn.std_errors()[1:3], BETA[1:])
    return {
        "at boundary": 0.0,
        "efficiencies": _inside(*drawn.interval(), np.exp(-u)),
        "efficiencies, coefficients taken as known": _inside(*known, np.exp(-u)),
        "slopes": slopes,
    }


def study_bootstrap_truncated(rng: np.random.Generator) -> Shares:
    """The same with a truncated normal (mean 0.3, 0.2 before the cut)."""
    return study_bootstrap(rng, "truncated-normal")


def study_prediction(rng: np.random.Generator) -> Shares:
    """The frontier and the outcome of 100 new units from a fit to 100 rows."""
    frame, _ = _production(rng, 100)
    result = bench.sfa(_units(frame), form="cobb-douglas")
    new, _ = _production(rng, 100)
    given = result.predict(_units(new))
    truth = np.exp(1.0 + np.log(new[["k", "l"]].to_numpy()) @ BETA[1:])
    shares = {"at boundary": float(bool(result.estimate.at_boundary))}
    shares["frontier"] = _inside(given["lower"], given["upper"], truth)
    if "outcome_lower" in given:
        shares["outcome"] = _inside(given["outcome_lower"], given["outcome_upper"], new["y"].to_numpy())
    return shares


def study_marginal_cost(rng: np.random.Generator) -> Shares:
    """Translog cost of two outputs, 150 rows: marginal costs, elasticities and returns to scale at every row."""
    n = 150
    logs = 0.7 * rng.normal(size=(n, 2))
    a, b = logs.T
    first, second = 0.5 + 0.1 * a + 0.05 * b, 0.4 + 0.05 * a + 0.08 * b
    frontier = 1.0 + 0.5 * a + 0.4 * b + 0.05 * a * a + 0.05 * a * b + 0.04 * b * b
    cost = np.exp(frontier + SIGMA_V * rng.normal(size=n) + 0.3 * np.abs(rng.normal(size=n)))
    result = bench.sfa(bench.Units.from_arrays(cost, np.exp(logs)), kind="cost", form="translog")
    values, errors = result.elasticities.to_numpy(), result.elasticity_errors().to_numpy()
    truth = np.column_stack([first, second])
    scale = result.returns_to_scale()
    marginal = result.marginal_costs()
    price = (np.exp(frontier)[:, None] * truth / np.exp(logs)).T.ravel()
    return {
        "at boundary": float(bool(result.estimate.at_boundary)),
        "elasticities": _around(values, errors, truth),
        "returns to scale": _around(scale["returns_to_scale"], scale["std_error"], 1.0 / truth.sum(axis=1)),
        "marginal costs": _around(marginal["marginal_cost"], marginal["std_error"], price),
    }


def study_stoned(rng: np.random.Generator) -> Shares:
    """StoNED, one input, 60 rows, additive: the coefficient of z, plain and robust errors."""
    n = 60
    x, z = rng.uniform(1.0, 10.0, size=(n, 1)), rng.normal(size=(n, 1))
    y = 3.0 * np.sqrt(x[:, 0]) + 0.5 * z[:, 0] + 0.5 * rng.normal(size=n) - np.abs(rng.normal(size=n))
    result = stoned_arrays(y, x, z, rts="vrs")
    shares = {}
    for name, robust in (("environment", False), ("environment, robust", True)):
        frame = result.environment(robust)
        shares[name] = _around(frame["estimate"].to_numpy(), frame["std_error"].to_numpy(), 0.5)
    return shares


def study_panels(rng: np.random.Generator) -> Shares:
    """Efficiencies of 60 units over 5 years: decay (0.05 a year), true random effects, four components."""
    units, periods = 60, 5
    unit, year = np.repeat(np.arange(units), periods), np.tile(np.arange(periods), units)
    x = np.column_stack([np.ones(units * periods), rng.normal(size=(units * periods, 2))])
    noise = x @ BETA + SIGMA_V * rng.normal(size=len(x))
    lasting, passing = 0.3 * np.abs(rng.normal(size=units))[unit], 0.3 * np.abs(rng.normal(size=len(x)))
    effect = 0.3 * rng.normal(size=units)[unit]
    decay = np.exp(-0.05 * (year - periods + 1)) * lasting
    shares = {}
    for name, u, w in (
        ("battese-coelli-1992", decay, 0.0), ("true-random", passing, effect), ("four-components", passing + lasting,
        effect),
    ):  # fmt: skip
        try:
            estimate = fit_panel(noise - u + w, x, groups=unit, times=year, structure=name)
            bounds = np.exp(-estimate.posterior.quantile(0.975)), np.exp(-estimate.posterior.quantile(0.025))
        except BenchError:
            continue
        shares[f"{name}: efficiencies"] = _inside(*bounds, np.exp(-u))
        shares[f"{name}: at boundary"] = float(bool(estimate.at_boundary))
        error = np.sqrt(np.diag(estimate.covariance))[1:3]
        shares[f"{name}: slopes"] = _around(estimate.params[1:3], error, BETA[1:])
    return shares


def study_extended(rng: np.random.Generator) -> Shares:
    """Slopes, 200 rows: Student-t noise (5 degrees of freedom), two tiers (0.3, 0.2), a Gaussian copula (0.5)."""
    n = 200
    logs = rng.normal(size=(n, 2))
    mean = 1.0 + logs @ BETA[1:]
    one, two = rng.normal(size=(2, n))
    tied = 0.5 * one + np.sqrt(0.75) * two
    dependent = 0.3 * norm.ppf(0.5 + 0.5 * norm.cdf(tied))
    errors = {
        "student": (student_sfa, SIGMA_V * rng.standard_t(5, size=n) - 0.3 * np.abs(rng.normal(size=n))),
        "two-tier": (two_tier_sfa, SIGMA_V * one - 0.3 * rng.exponential(size=n) + 0.2 * rng.exponential(size=n)),
        "copula": (copula_sfa, SIGMA_V * one - dependent),
    }
    shares = {}
    for name, (estimator, error) in errors.items():
        try:
            units = bench.Units.from_arrays(np.exp(logs), np.exp(mean + error))
            frame = estimator(units, form="cobb-douglas").coefficients()
        except BenchError:
            shares[f"{name}: no maximum inside"] = 1.0
            continue
        shares[f"{name}: no maximum inside"] = 0.0
        shares[f"{name}: slopes"] = _inside(frame["lower"].to_numpy()[1:3], frame["upper"].to_numpy()[1:3], BETA[1:])
    return shares


def study_errors(rng: np.random.Generator) -> Shares:
    """Slopes by each kind of error, 200 rows; clustered: 40 groups of 5 share half of noise and of the regressors."""
    n = 200
    group = np.repeat(np.arange(40), 5)
    shared = np.sqrt(0.5) * rng.normal(size=(40, 3))[group]
    logs = shared[:, :2] + np.sqrt(0.5) * rng.normal(size=(n, 2))
    u = 0.3 * np.abs(rng.normal(size=n))
    own = SIGMA_V * rng.normal(size=n)
    tied = SIGMA_V * (shared[:, 2] + np.sqrt(0.5) * rng.normal(size=n))
    shares = {}
    for label, noise in (("independent", own), ("clustered noise", tied)):
        y = np.exp(1.0 + logs @ BETA[1:] + noise - u)
        fitted = bench.sfa(
            bench.Units.from_arrays(np.exp(logs), y), form="cobb-douglas", covariance="clustered", clusters=list(group)
        )
        for kind in ("hessian", "opg", "sandwich", "clustered"):
            error = np.sqrt(np.diag(fitted.covariance(kind)))[1:3]
            shares[f"{label}: {kind}"] = _around(fitted.params.to_numpy()[1:3], error, BETA[1:])
    return shares


def study_tests(rng: np.random.Generator) -> Shares:
    """Rejections at 5 %, 100 rows: Wald and likelihood ratio of what is true, Vuong of equally wrong models."""
    frame, _ = _production(rng, 100)
    units = _units(frame)
    small, large = bench.sfa(units, form="cobb-douglas"), bench.sfa(units, form="translog")
    shares = {"Wald": float(wald_test(small, {small.params.index[1]: 1.0}, 0.6).p_value <= 0.05)}
    if not small.estimate.at_boundary and not large.estimate.at_boundary:
        shares["likelihood ratio, translog"] = float(likelihood_ratio_test(small, large).p_value <= 0.05)
    logs = rng.normal(size=(100, 2))
    y = np.exp(logs @ [0.4, 0.4] + SIGMA_V * rng.normal(size=100) - 0.6 * np.abs(rng.normal(size=100)))
    table = pd.DataFrame({"y": y, "a": np.exp(logs[:, 0]), "b": np.exp(logs[:, 1])})
    rivals = [bench.sfa(f"log(y) ~ log({name})", table) for name in "ab"]
    if not any(rival.estimate.at_boundary for rival in rivals):
        shares["Vuong"] = float(vuong_test(*rivals).p_value <= 0.05)
    return shares


def study_ratio(rng: np.random.Generator) -> Shares:
    """Rejections at 5 % of Cobb-Douglas against translog by χ², 50 and 100 rows, by where the two solutions lie."""
    shares: Shares = {}
    for n in (50, 100):
        units = _units(_production(rng, n)[0])
        fits = [bench.sfa(units, form=form) for form in ("cobb-douglas", "translog")]
        edges = "; ".join(fit.estimate.at_boundary or "inside" for fit in fits)
        found = likelihood_ratio(fits[0].loglik, fits[1].loglik, 3)
        shares[f"{n} rows, {edges}"] = float(found.p_value <= 0.05)
    return shares


def study_skewness(rng: np.random.Generator) -> Shares:
    """Rejections at 5 % where the error is normal, 100 rows, of the third moment."""
    frame, _ = _production(rng, 100)
    frame["y"] = frame["k"] ** 0.6 * frame["l"] ** 0.3 * np.exp(0.2 * rng.normal(size=100))
    return {"third moment": float(bench.sfa(_units(frame), form="cobb-douglas").skewness_test().p_value <= 0.05)}


def study_goodness(rng: np.random.Generator) -> Shares:
    """Rejections at 5 % of the right composed error, 100 rows, 39 draws."""
    frame, _ = _production(rng, 100)
    result = bench.sfa(_units(frame), form="cobb-douglas")
    if result.estimate.at_boundary:
        return {"at boundary": 1.0}
    found = result.goodness_of_fit(replicates=39, seed=int(rng.integers(1 << 30)))
    return {
        "at boundary": 0.0,
        "Kolmogorov-Smirnov": float(found.kolmogorov_smirnov_p <= 0.05),
        "Pearson": float(found.pearson_p <= 0.05),
    }


#: Studies by name; the place is part of the seed.
STUDIES: dict[str, Callable[[np.random.Generator], Shares]] = {
    "bootstrap": study_bootstrap,
    "bootstrap-truncated": study_bootstrap_truncated,
    "prediction": study_prediction,
    "marginal-cost": study_marginal_cost,
    "stoned": study_stoned,
    "panels": study_panels,
    "extended": study_extended,
    "errors": study_errors,
    "tests": study_tests,
    "skewness": study_skewness,
    "goodness": study_goodness,
    "ratio": study_ratio,
}


def shares_of(name: str, replicates: int, seed: int = 1) -> tuple[pd.DataFrame, int]:
    """Return one row per sample, one column per share, and how many samples had no estimate."""
    place, rows, failed = list(STUDIES).index(name), [], 0
    for r in range(replicates):
        try:
            rows.append(STUDIES[name](np.random.default_rng([20261201, place, seed + r])))
        except BenchError:
            failed += 1
    return pd.DataFrame(rows), failed


def print_shares(names: list[str], replicates: int, seed: int) -> None:
    """Print one line per share: mean over the samples that have it, in per cent, and their number."""
    for name in STUDIES if names == ["all"] else names:
        begin = time.process_time()
        frame, failed = shares_of(name, replicates, seed)
        print(f"{name}: {replicates} samples, {failed} failed, {time.process_time() - begin:.0f} CPU s")
        for column in frame:
            print(f"  {column:<48}{100.0 * frame[column].mean():6.1f} %  of {frame[column].count()}", flush=True)


def main() -> None:
    """Print the table of biases and the table of coverages, or the studies that are named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--replicates", type=int, default=100)
    parser.add_argument("--n", type=int, default=200, help="rows of each sample")
    parser.add_argument("--periods", type=int, default=5, help="periods of the panel")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[], help=f"all, or some of {', '.join(STUDIES)}")
    given = parser.parse_args()
    if given.only:
        print_shares(given.only, given.replicates, given.seed)
        return
    lines = [study(d, given.replicates, given.n, given.periods, given.seed) for d in DESIGNS]
    print(f"{given.replicates} replicates, n = {given.n}, seed {given.seed}\n\nbias (Monte-Carlo standard error)")
    names = ("b0", "b1", "b2", "sigma_u", "sigma_v", "mean eff.")
    print(" " * 18 + "".join(f"{name:>17}" for name in names), *(line[0] for line in lines), sep="\n")
    heads = ("b0", "b1", "b2", "eff. all", "eff. inside", "at boundary")
    print("\ncoverage of nominal 95 % intervals, %; share at a boundary, %; searches that failed")
    print(" " * 18 + "".join(f"{h:>12}" for h in heads) + f"{'failed':>10}", *(line[1] for line in lines), sep="\n")


if __name__ == "__main__":
    main()
