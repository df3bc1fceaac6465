"""Is there inefficiency at all? The likelihood-ratio test of σu = 0 against the same model on that edge.

The restricted model keeps everything but inefficiency: covariates of the noise, random and fixed unit effects. Where σu
alone is at stake the statistic is a half-half mixture of χ²(0) and χ²(1): the mean of inefficiency is the intercept's
and its variance the noise's, so what is tested is the third cumulant, from one side (Lee 1993; with one u per unit it
is the variance between units). Four components test two third cumulants at once, of units and of rows; their scores are
Hermite polynomials of the null's residuals, so the cone's weights follow from the null's own variances.

A location, a shape, a time path or covariates of u exist under the alternative only, and no mixture holds; nor does one
where the solution has no noise, or with an intercept per unit. There the null is drawn from and both models are fitted
again: a parametric bootstrap, which is exact where the null is linear, since the statistic is free of its coefficients.

Sources: Kodde & Palm (1986), Econometrica 54; Coelli (1995), Journal of Productivity Analysis 6; Lee (1993),
Econometric Theory 9; Silvapulle & Sen (2005), Constrained Statistical Inference; Dufour (2006), Journal of Econometrics
133; Besag & Clifford (1991), Biometrika 78.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from bench.errors import DataError, EstimationError, OptionError
from bench.options import one_of
from bench.seeds import sequence
from bench.stochastic.frontier.specification import Specification
from bench.stochastic.hypothesis_tests import HypothesisTest, chi_bar_square
from bench.stochastic.search.global_search import NO_INEFFICIENCY
from bench.stochastic.search.outcome import Estimate, Null
from bench.typing import FloatArray

PARTS = ("any", "transient", "persistent")
METHODS = ("auto", "mixture", "bootstrap")

#: Draws that exceed the statistic after which a bootstrap ends, and the level that what follows cannot reach any more:
#: with fewer than 199 draws it takes fewer.
ENOUGH, LEVEL = 10, 0.05

_NO_PERSISTENT = "sigma_h = 0"


def inefficiency_test(
    estimate: Estimate,
    specification: Specification,
    *,
    part: str = "any",
    method: str = "auto",
    replicates: int = 199,
    seed: int = 0,
) -> HypothesisTest:
    """Test that there is no inefficiency.

    Parameters
    ----------
    estimate : Estimate
    specification : Specification
        What it is an estimate of.
    part : {"any", "transient", "persistent"}
        With four components: neither kind, or one of them beside the other. Other models have one kind.
    method : {"auto", "mixture", "bootstrap"}
        The mixture where one holds, else the bootstrap.
    replicates, seed : int
        Of the bootstrap, which ends early once ten draws exceed the statistic, or as many as rule out 5 % (Besag &
        Clifford 1991).

    Returns
    -------
    HypothesisTest
        ``reference`` says what the statistic was compared with. A solution at σu = 0 has the p-value one.

    Raises
    ------
    OptionError
        A mixture where none holds, with the reason; another part than ``"any"`` without four components.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = np.column_stack([np.ones(200), rng.normal(size=200)])
    >>> y = x @ [1.0, 0.5] + 0.1 * rng.normal(size=200) - 0.5 * np.abs(rng.normal(size=200))
    >>> from bench.stochastic.likelihood.sfa_distributions import distribution
    >>> model = Specification(y, x, "production", distribution("half-normal"), ("const", "x"))
    >>> inefficiency_test(model.fit(), model).p_value < 0.01
    True
    """
    part = one_of(part, PARTS, "part")
    method = one_of(method, METHODS, "method")
    four = specification.structure == "four-components"
    if part != "any" and not four:
        raise OptionError(f"part={part!r} needs panel='four-components': other models have one kind of inefficiency")
    if replicates < 19:
        raise OptionError("the bootstrap needs at least 19 replicates, or it could not reject at 5 %")
    statistic = _statistic(estimate, part)
    name = {"any": "no inefficiency", "transient": "no transient inefficiency", "persistent": "no persistent one"}[part]
    label = f"likelihood ratio, {name}"
    if statistic <= 0.0:
        return HypothesisTest(label, 0.0, 1.0, "the solution itself has none")
    reason = why_no_mixture(estimate, specification)
    if method == "mixture" and reason:
        raise OptionError(f"no mixture of χ² holds: {reason}; use method='bootstrap'")
    if method != "bootstrap" and not reason:
        weights = _two_weights(specification, estimate.null) if four and part == "any" else (0.5, 0.5)
        return chi_bar_square(statistic, weights, label)
    p, text = _bootstrap(estimate, specification, statistic, part, replicates, seed)
    return HypothesisTest(label, statistic, p, text)


def why_no_mixture(estimate: Estimate, specification: Specification) -> str:
    """Return why the statistic of σu = 0 is no mixture of χ²; empty where it is one."""
    if estimate.distribution.has_location:
        return "the location or shape of inefficiency exists under the alternative only"
    if specification.u is not None:
        return "the coefficients of u exist under the alternative only"
    if specification.structure in ("battese-coelli-1992", "kumbhakar-1990", "lee-schmidt"):
        return "the path of inefficiency exists under the alternative only"
    if specification.structure == "true-fixed":
        return "the units' intercepts grow in number with the units"
    if "sigma_v = 0" in estimate.at_boundary:
        return "the solution has no noise, where the likelihood is not regular"
    return ""


def _statistic(estimate: Estimate, part: str) -> float:
    restricted = estimate.null.loglik
    if part != "any":
        name = NO_INEFFICIENCY if part == "transient" else _NO_PERSISTENT
        found = [boundary for boundary in estimate.boundaries if boundary.name == name]
        if name in estimate.at_boundary.split(" and "):
            return 0.0
        if not found:
            raise DataError(f"the limit {name} was not found in this fit")
        restricted = found[0].loglik
    return max(2.0 * (estimate.loglik - restricted), 0.0)


def _two_weights(specification: Specification, null: Null) -> tuple[float, float, float]:
    """Weights of χ²(0), χ²(1) and χ²(2) for two third cumulants, units' and rows', under the null.

    With Ω the covariance of a unit's errors the scores' variances are (1'Ω⁻¹1)³ and Σ_ts (Ω⁻¹_ts)³, and their
    covariance is Σ_t ((Ω⁻¹1)_t)³, up to a common factor.
    """
    _, codes = np.unique(np.asarray(specification.groups), return_inverse=True)
    precision = null.noise**-2.0
    total = _sums(codes, precision)
    growth = 1.0 + null.effect**2 * total
    spread = null.effect**2 / growth
    cubes = _sums(codes, precision**3)
    own = precision - spread[codes] * precision**2
    rows = own**3 + (spread[codes] * precision**2) ** 3
    of_units = float(np.sum((total / growth) ** 3))
    of_rows = float(rows.sum() - np.sum(spread**3 * cubes**2))
    both = float(np.sum(cubes / growth**3))
    correlation = both / math.sqrt(of_units * of_rows)
    # The estimators' correlation is that of the inverse information: the scores' with its sign turned.
    upper = 0.25 - math.asin(min(max(correlation, -1.0), 1.0)) / (2.0 * math.pi)
    return 0.5 - upper, 0.5, upper


def _sums(codes: npt.NDArray[np.int64], values: FloatArray) -> FloatArray:
    result: FloatArray = np.bincount(codes, weights=values).astype(np.float64)
    return result


def _bootstrap(
    estimate: Estimate, specification: Specification, statistic: float, part: str, replicates: int, seed: int
) -> tuple[float, str]:
    if part != "any":
        raise OptionError("the bootstrap draws from a model without any inefficiency: use part='any'")
    streams = [np.random.default_rng(stream) for stream in sequence(seed).spawn(replicates)]
    exceeding = failed = done = 0
    enough = min(ENOUGH, int(LEVEL * (replicates + 1) + 1e-9))
    for rng in streams:
        done += 1
        try:
            again = _statistic(specification.fit(draw_null(estimate.null, specification, rng)), part)
        except EstimationError:
            # Counted against a rejection, which is the careful side.
            again, failed = math.inf, failed + 1
        exceeding += again >= statistic * (1.0 - 1e-9)
        if exceeding == enough:
            break
    p = exceeding / done if exceeding == enough and done < replicates else (exceeding + 1.0) / (done + 1.0)
    text = f"parametric bootstrap, {done} draws, seed {seed}"
    return p, text + (f"; {failed} did not converge and count as larger" if failed else "")


def draw_null(null: Null, specification: Specification, rng: np.random.Generator) -> FloatArray:
    """Draw a dependent variable from the model without inefficiency, array (n,)."""
    y: FloatArray = null.frontier + null.noise * rng.standard_normal(len(null.noise))
    if null.effect > 0.0:
        labels, codes = np.unique(np.asarray(specification.groups), return_inverse=True)
        y = y + null.effect * rng.standard_normal(len(labels))[codes]
    return y
