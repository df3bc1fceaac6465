"""The printed table of a fit, its variances with standard errors, and its workbook."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from bench.presenting import Summary
from bench.stochastic.frontier import reading
from bench.stochastic.frontier.fitted import FittedFrontier
from bench.stochastic.frontier.inefficiency_test import inefficiency_test, why_no_mixture
from bench.stochastic.hypothesis_tests import HypothesisTest, skewness_test
from bench.stochastic.search.outcome import Estimate
from bench.typing import FloatArray

_HEADINGS = {
    "frontier": "Frontier",
    "v": "ln σv²",
    "u": "ln σu²",
    "m": "Location or shape",
    "time": "Time path",
    "w": "ln σw²",
    "h": "ln σh²",
}


def variance_table(estimate: Estimate, covariance: FloatArray) -> pd.DataFrame:
    """Return σu, σv, σ², λ and γ with delta-method standard errors; covariates at their means."""
    v, u = _mean_gradient(estimate, "v"), _mean_gradient(estimate, "u")
    params = np.where(np.isfinite(estimate.params), estimate.params, 0.0)
    ln_v = -math.inf if np.isinf(estimate.params[estimate.slices["v"].start]) else float(v @ params)
    ln_u = -math.inf if np.isinf(estimate.params[estimate.slices["u"].start]) else float(u @ params)
    if estimate.at_boundary == "mu -> -infinity":
        return pd.DataFrame({"estimate": [math.exp(0.5 * ln_v)], "std_error": [math.nan]}, index=["sigma_v"])
    big_v, big_u = math.exp(ln_v), math.exp(ln_u)
    total = big_v + big_u
    gamma = big_u / total
    rows = {
        "sigma_u": (math.sqrt(big_u), 0.5 * math.sqrt(big_u) * u),
        "sigma_v": (math.sqrt(big_v), 0.5 * math.sqrt(big_v) * v),
        "sigma²": (total, big_u * u + big_v * v),
        "lambda": (math.inf if big_v == 0 else math.sqrt(big_u / big_v), np.zeros_like(u)),
        "gamma": (gamma, gamma * (1.0 - gamma) * (u - v)),
    }
    if big_v > 0:
        rows["lambda"] = (math.sqrt(big_u / big_v), 0.5 * math.sqrt(big_u / big_v) * (u - v))
    table = {}
    for name, (value, gradient) in rows.items():
        variance = float(gradient @ covariance @ gradient)
        table[name] = (value, math.sqrt(variance) if variance > 0 else math.nan)
    return pd.DataFrame.from_dict(table, orient="index", columns=["estimate", "std_error"])


def _mean_gradient(estimate: Estimate, role: str) -> FloatArray:
    gradient = np.zeros(len(estimate.params))
    gradient[estimate.slices[role]] = estimate.means[role]
    return gradient


def summary(result: FittedFrontier) -> Summary:
    """Return the table of a fit."""
    estimate = result.estimate
    errors: FloatArray = np.asarray(result.std_errors, dtype=np.float64)
    sections = [
        (_HEADINGS[role], tuple(_coefficient(estimate, errors, j) for j in range(part.start, part.stop)))
        for role, part in estimate.slices.items()
    ]
    variances = variance_table(estimate, result.cov.to_numpy())
    rows = tuple(
        (str(name), _number(row["estimate"]), _number(row["std_error"]), "", "", "", "")
        for name, row in variances.iterrows()
    )
    sections.append(("Derived", rows))
    header = ("", "Coefficient", "Std. err.", "z", "P>|z|", "[95 % low", "95 % high]")
    return Summary(_title(result), _facts(result), header, tuple(sections), _notes(result))


def _title(result: FittedFrontier) -> str:
    shape = f"{result.design.form} {result.design.kind} frontier, {result.estimate.distribution.name} inefficiency"
    imposed = f", {result.estimate.shape} by constraint" if result.estimate.shape else ""
    return f"Stochastic frontier: {shape}" + (f", {result.panel} panel" if result.panel else "") + imposed


def _facts(result: FittedFrontier) -> tuple[tuple[str, str], ...]:
    estimate, diagnostics = result.estimate, result.diagnostics
    skew = skewness(result)
    facts = [
        ("Dependent variable", result.design.dependent),
        ("Observations", str(len(result.units))),
        ("Log-likelihood", f"{estimate.loglik:.6f}"),
        ("Log-likelihood without inefficiency", f"{estimate.null.loglik:.6f}"),
        _test_fact(result),
        ("Skewness test (M3T)", f"{skew.statistic:.4f}, p = {skew.p_value:.4f}"),
        ("Standard errors", result.covariance_kind),
        ("Mean efficiency", f"{float(reading.efficiency(result, 'bc88').mean()):.4f}"),
    ]
    if estimate.shape:
        return (*facts, ("Search", diagnostics.start))
    search = (
        f"{diagnostics.iterations} iterations from {diagnostics.start or 'no interior root'}; "
        f"gradient {diagnostics.gradient_norm:.1e}, condition {diagnostics.condition:.1e}"
    )
    return (*facts, ("Search", search))


def skewness(result: FittedFrontier) -> HypothesisTest:
    """Third-moment test of the residuals without inefficiency, each over its own spread."""
    null = result.estimate.null
    spread = np.sqrt(null.noise**2 + null.effect**2)
    return skewness_test((result.design.y - null.frontier) / spread, result.estimate.sign)


def _test_fact(result: FittedFrontier) -> tuple[str, str]:
    """The test of no inefficiency, where it takes no simulation; else its statistic and how to get the rest."""
    label = "LR test of σu = σh = 0" if result.panel == "four-components" else "LR test of σu = 0"
    statistic = max(2.0 * (result.loglik - result.estimate.null.loglik), 0.0)
    reason = why_no_mixture(result.estimate, result.specification)
    if reason and statistic > 0.0:
        return label, f"{statistic:.4f}; no mixture of χ² holds ({reason}): inefficiency_test() simulates p"
    test = inefficiency_test(result.estimate, result.specification)
    return label, f"{test.statistic:.4f}, p = {test.p_value:.4f} ({test.reference})"


def _coefficient(estimate: Estimate, errors: FloatArray, j: int) -> tuple[str, ...]:
    from scipy.special import ndtr

    name = estimate.names[j].split(":")[-1]
    value, error = float(estimate.params[j]), float(errors[j])
    if not (math.isfinite(value) and math.isfinite(error)):
        return (name, _number(value), "", "", "", "", "")
    z = value / error
    p = 2.0 * float(ndtr(-abs(z)))
    half = 1.959963984540054 * error
    return (name, _number(value), _number(error), f"{z:.2f}", f"{p:.3f}", _number(value - half), _number(value + half))


def _number(value: Any) -> str:
    if not math.isfinite(value):
        return "" if math.isnan(value) else ("−∞" if value < 0 else "∞")
    return f"{value:.7g}"


def _notes(result: FittedFrontier) -> tuple[str, ...]:
    notes = [f"Warning: {issue.message}. Remedy: {issue.remedy}." for issue in result.warnings]
    for boundary in result.boundaries:
        if not boundary.chosen and boundary.gain <= 1e-7:
            notes.append(
                f"Boundary {boundary.name}: log-likelihood {boundary.loglik:.6f}, lower by {-boundary.gain:.4g}."
            )
    return tuple(notes)
