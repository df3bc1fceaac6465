"""Parametric bootstrap of efficiencies: intervals that know the coefficients are estimated.

The interval of Horrace & Schmidt (1996) treats the coefficients as known. Here noise and inefficiency are drawn from
the fitted model, the model is fitted again, and each unit's efficiency is predicted from its own data with the new
coefficients (Simar & Wilson 2010). What spreads is the predictor; adding a draw from the posterior at the new
coefficients gives the interval of the efficiency itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bench.errors import EstimationError, OptionError
from bench.seeds import sequence
from bench.stochastic.likelihood.densities import constant
from bench.stochastic.likelihood.predictors import Posterior
from bench.stochastic.likelihood.standardised import Standardised, prepare
from bench.stochastic.likelihood.starts import LeastSquares, least_squares
from bench.stochastic.search import global_search as search
from bench.stochastic.search.estimate import fit
from bench.stochastic.search.many_samples import ManySamples
from bench.stochastic.search.newton import Maximum
from bench.stochastic.search.outcome import Estimate
from bench.typing import FloatArray, IntArray

#: Distributions that can be drawn from in one line each.
DRAWN = ("half-normal", "exponential", "truncated-normal", "rayleigh", "uniform", "gamma", "weibull", "lognormal")


@dataclass(frozen=True, slots=True, eq=False)
class Bootstrap:
    """A parametric bootstrap.

    Attributes
    ----------
    params : array (B, p)
        Coefficients of each replicate; −inf where it ended at σu = 0.
    efficiency : array (B, n)
        E[exp(−u) | e] of the data at hand under each replicate's coefficients.
    draws : array (B, n)
        One draw of exp(−u) given e under each replicate's coefficients.
    wrong_skew : float
        Share of replicates without an interior maximum.
    point : array (n,)
        Efficiency at the estimate.
    """

    params: FloatArray
    efficiency: FloatArray
    draws: FloatArray
    wrong_skew: float
    point: FloatArray

    def interval(self, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Return bounds of each unit's efficiency, arrays (n,): noise, inefficiency and coefficients all uncertain."""
        tail = 0.5 * (1.0 - level)
        return np.quantile(self.draws, tail, axis=0), np.quantile(self.draws, 1.0 - tail, axis=0)

    def std_errors(self) -> FloatArray:
        """Return standard deviations of the coefficients over the replicates with an interior maximum, array (p,)."""
        inside = np.isfinite(self.params).all(axis=1)
        result: FloatArray = self.params[inside].std(axis=0, ddof=1)
        return result

    def monte_carlo_error(self) -> FloatArray:
        """Return the simulation's standard error of each unit's mean efficiency over replicates, array (n,)."""
        result: FloatArray = self.efficiency.std(axis=0, ddof=1) / math.sqrt(len(self.efficiency))
        return result


def bootstrap(estimate: Estimate, X: npt.ArrayLike, *, replicates: int = 1000, seed: int = 0) -> Bootstrap:
    """Draw from a fitted cross-section, fit again, and predict.

    Parameters
    ----------
    estimate : Estimate
        From :func:`bench.stochastic.search.estimate.fit`, without covariates of u, v or mu.
    X : array (n, k)
        Its regressors.
    replicates, seed : int
        The same seed gives the same numbers: replicate b has its own stream.

    Raises
    ------
    EstimationError
        When the estimate lies on a boundary, where there is nothing to draw from.
    OptionError
        For a distribution or structure that cannot be drawn.

    References
    ----------
    Simar & Wilson (2010), Econometric Reviews 29; Horrace & Schmidt (1996), Journal of Productivity Analysis 7.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> x = np.column_stack([np.ones(100), rng.normal(size=100)])
    >>> y = x @ [1.0, 0.5] + 0.1 * rng.normal(size=100) - 0.4 * np.abs(rng.normal(size=100))
    >>> low, high = bootstrap(fit(y, x), x, replicates=20, seed=1).interval()
    >>> bool((low <= high).all())
    True
    """
    x = np.asarray(X, dtype=np.float64)
    _refuse(estimate, x, replicates)
    sign, k = estimate.sign, x.shape[1]
    law = estimate.distribution
    v, u = math.exp(0.5 * estimate.params[k]), math.exp(0.5 * estimate.params[k + 1])
    m = float(estimate.params[k + 2]) if law.has_location else 0.0
    frontier = x @ estimate.params[:k]
    y = frontier + sign * estimate.residual
    n = len(y)
    streams = [np.random.default_rng(stream) for stream in sequence(seed).spawn(replicates)]
    simulated = np.empty((replicates, n))
    for row, rng in zip(simulated, streams, strict=True):
        row[:] = frontier + v * rng.standard_normal(n) - sign * draw(law.name, u, m, n, rng)
    params, edges = _Refit.build(estimate, y, x).run(simulated)
    efficiency, draws = np.empty((replicates, n)), np.empty((replicates, n))
    for b, (edge, rng) in enumerate(zip(edges, streams, strict=True)):
        if edge:
            # The replicate sees no inefficiency (or no noise): so it judges the units.
            distance = np.maximum(-sign * (y - x @ params[b, :k]), 0.0)
            efficiency[b] = draws[b] = np.exp(-(np.zeros(n) if edge == "sigma_u = 0" else distance))
            continue
        posterior = _own_posterior(estimate, params[b], y, x)
        efficiency[b] = posterior.efficiency()
        draws[b] = np.exp(-_posterior_draw(posterior, rng))
    skewed = float(np.mean(~np.isfinite(params).all(axis=1)))
    return Bootstrap(params, efficiency, draws, skewed, estimate.posterior.efficiency())


def _refuse(estimate: Estimate, x: FloatArray, replicates: int) -> None:
    if estimate.at_boundary:
        raise EstimationError(f"the estimate lies at {estimate.at_boundary}: there is nothing to draw from")
    if estimate.shape:
        raise OptionError("the bootstrap would fit every draw without the shape: take a fit without shape=")
    if estimate.distribution.name not in DRAWN:
        raise OptionError(f"the bootstrap draws from {', '.join(DRAWN)}; not from {estimate.distribution.name}")
    extra = 3 if estimate.distribution.has_location else 2
    if len(estimate.params) != x.shape[1] + extra:
        raise OptionError("the bootstrap takes cross-sections without covariates of u, v or mu")
    if replicates < 2:
        raise OptionError("the bootstrap needs at least two replicates")


def draw(name: str, u: float, m: float, n: int, rng: np.random.Generator) -> FloatArray:
    """Draw n inefficiencies from a distribution with σu = ``u`` and location or log shape ``m``.

    Examples
    --------
    >>> bool((draw("half-normal", 0.3, 0.0, 5, np.random.default_rng(0)) >= 0).all())
    True
    """
    if name == "half-normal":
        return u * np.abs(rng.standard_normal(n))
    if name == "exponential":
        return u * rng.standard_exponential(n)
    if name == "truncated-normal":
        return _cut_normal(np.full(n, m), np.full(n, u), rng)
    if name == "rayleigh":
        return u * np.sqrt(2.0 * rng.standard_exponential(n))
    if name == "uniform":
        return u * math.sqrt(12.0) * rng.random(n)
    if name == "gamma":
        return u * rng.standard_gamma(math.exp(m), n)
    if name == "weibull":
        return u * rng.weibull(math.exp(m), n)
    return np.exp(m + u * rng.standard_normal(n))


def _cut_normal(centre: FloatArray, spread: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Draw from normals cut off below zero, by inverting the upper tail in logs."""
    from scipy.special import log_ndtr, ndtri_exp

    log_share = -rng.standard_exponential(len(centre))
    result: FloatArray = np.maximum(centre - spread * ndtri_exp(log_share + log_ndtr(centre / spread)), 0.0)
    return result


@dataclass(frozen=True, slots=True, eq=False)
class _Refit:
    """Fits the same regressors to other samples, all at once: from the estimate, then by a short search."""

    model: Standardised
    x: FloatArray
    start: FloatArray
    jacobian: FloatArray
    shift: FloatArray

    @classmethod
    def build(cls, estimate: Estimate, y: FloatArray, x: FloatArray) -> _Refit:
        law = estimate.distribution
        _, blocks = prepare(y, x, law, u=None, v=None, mu=None, mu_constant=True, names=None, covariate_names=None)
        model = Standardised.build(y, blocks, estimate.sign, law)
        jacobian, shift = model.affine()
        start = np.asarray(np.linalg.solve(jacobian, estimate.params - shift), dtype=np.float64)
        return cls(model, x, start, jacobian, shift)

    def run(self, samples: FloatArray) -> tuple[FloatArray, list[str]]:
        """Return the coefficients (B, p) of samples (B, n), and the boundary each lies on, if any."""
        model, count = self.model, len(samples)
        many = ManySamples(model.likelihood(), model.sign * samples / model.scale)
        least = [least_squares(model.standards[0].design, y / model.scale, model.sign) for y in samples]
        wrong = np.array([fit.skewness > 0.0 for fit in least])
        floors = np.where(wrong, search.VANISHED_U_WRONG_SKEW, search.VANISHED_U)
        everyone = np.arange(count)
        best: list[Maximum | None] = [None] * count
        _keep(many, best, everyone, many.climb(np.tile(self.start, (count, 1)), everyone, floors), floors)
        rest = np.array([b for b in everyone if best[b] is None], dtype=np.int64)
        if len(rest):
            # No root near the estimate: the search of small samples, from the best point and from one with much u.
            grids = [search.screen(replace(many.problem, offset=many.offsets[b]), least[b]) for b in rest]
            for starts in ([grid[0] for grid in grids], [next(p for p in grid if p.share > 0.8) for grid in grids]):
                theta = np.array([start.theta for start in starts])
                _keep(many, best, rest, many.climb(theta, rest, floors[rest]), floors)
        params, edges = np.empty((count, len(self.shift))), [""] * count
        for b, found in enumerate(best):
            if found is not None:
                params[b] = self.jacobian @ found.x + self.shift
            else:
                params[b], edges[b] = self._boundary(samples[b], least[b], bool(wrong[b]))
        return params, edges

    def _boundary(self, y: FloatArray, ols: LeastSquares, wrong: bool) -> tuple[FloatArray, str]:
        """Coefficients of a sample without an interior root nearby, and the boundary they lie on, if any."""
        if wrong:
            params = np.full(len(self.shift), np.nan)
            part = slice(0, self.x.shape[1])
            params[part] = self.jacobian[part, part] @ ols.beta
            params[part.stop : part.stop + 2] = 2.0 * np.log(ols.spread * self.model.scale), -np.inf
            return params, "sigma_u = 0"
        kind = "production" if self.model.sign > 0 else "cost"
        again = fit(y, self.x, kind=kind, distribution=self.model.distribution)
        return again.params, again.at_boundary


def _keep(
    many: ManySamples, best: list[Maximum | None], samples: IntArray, ends: list[Maximum], floors: FloatArray
) -> None:
    """Note the interior roots that are higher than those known."""
    for b, found in zip(samples, ends, strict=True):
        known = best[b]
        if search.classify(many.problem, found, float(floors[b])) == "interior" and (
            known is None or found.value > known.value + 1e-9
        ):
            best[b] = found


def _own_posterior(estimate: Estimate, params: FloatArray, y: FloatArray, x: FloatArray) -> Posterior:
    """Posterior of the units at hand under a replicate's coefficients."""
    k, n = x.shape[1], len(y)
    m = params[k + 2] if estimate.distribution.has_location else 0.0
    e = estimate.sign * (y - x @ params[:k])
    v, u = constant(float(params[k]), n), constant(float(params[k + 1]), n)
    return Posterior(e, v, u, constant(float(m), n), estimate.distribution, np.ones(n))


def _posterior_draw(posterior: Posterior, rng: np.random.Generator) -> FloatArray:
    from bench.stochastic.likelihood.predictors import truncated_parameters

    if posterior.distribution.truncated_normal:
        return _cut_normal(*truncated_parameters(posterior), rng)
    grid, density = posterior.grid()
    mass = np.cumsum(density, axis=1)
    target = rng.random(len(mass))[:, None] * mass[:, -1:]
    k = np.minimum(np.sum(mass < target, axis=1), grid.shape[1] - 1)
    result: FloatArray = grid[np.arange(len(grid)), k]
    return result
