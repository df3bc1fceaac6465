"""The same frontier under every distribution of inefficiency: which one, and what all of them say on average.

Akaike weights exp(−Δ/2) turn the criteria into shares of evidence (Burnham & Anderson 2002, Model Selection and
Multimodel Inference). Efficiencies averaged with them do not stand or fall with one distribution, which the data
seldom single out (Parmeter, Wan & Zhang 2019, Journal of Productivity Analysis 51).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.errors import ConvergenceError, DataError, EstimationError, OptionError
from bench.options import one_of
from bench.presenting import Presented, Summary
from bench.stochastic.frontier.result import SfaResult
from bench.stochastic.likelihood.sfa_distributions import DISTRIBUTIONS


@dataclass(frozen=True, slots=True, eq=False)
class DistributionChoice(Presented):
    """A frontier under several distributions.

    Attributes
    ----------
    fits : dict of str to SfaResult
        Those that have a maximum.
    failed : dict of str to str
        Why the others have none.
    criterion : {"aic", "bic"}
    """

    fits: dict[str, SfaResult]
    failed: dict[str, str]
    criterion: str

    @property
    def weights(self) -> pd.Series[float]:
        """Share of each distribution; zero for one that ended on an edge, which is another model."""
        value = pd.Series({name: getattr(fit, self.criterion) for name, fit in self.fits.items()}, dtype=float)
        inside = np.array([not fit.estimate.at_boundary for fit in self.fits.values()])
        if not inside.any():
            inside[:] = True
        share = np.where(inside, np.exp(-0.5 * (value - value[inside].min())), 0.0)
        return pd.Series(share / share.sum(), index=value.index, name="weight")

    @property
    def best(self) -> SfaResult:
        """The fit with the largest weight."""
        return self.fits[str(self.weights.idxmax())]

    @property
    def efficiency(self) -> pd.Series[float]:
        """Efficiency by row, averaged over the distributions by their weights."""
        shares = self.weights
        frame = pd.DataFrame({name: fit.efficiency for name, fit in self.fits.items()})
        return frame.mul(shares, axis=1).sum(axis=1).rename("efficiency")

    def marginal_costs(self) -> pd.DataFrame:
        """Return marginal costs averaged by the weights; the standard error holds the distributions' disagreement."""
        frames = {name: fit.marginal_costs() for name, fit in self.fits.items()}
        first, weight = next(iter(frames.values())), self.weights.to_numpy()
        values = np.column_stack([frame["marginal_cost"] for frame in frames.values()])
        errors = np.nan_to_num(np.column_stack([frame["std_error"] for frame in frames.values()]))
        mean = values @ weight
        # Burnham & Anderson (2002, p. 162): each model's variance with its distance from the average.
        spread = np.sqrt(errors**2 + (values - mean[:, None]) ** 2) @ weight
        return first.assign(marginal_cost=mean, std_error=spread)

    def to_frame(self) -> pd.DataFrame:
        """Return one row per distribution: criteria, weight, mean efficiency and agreement with the average's ranks."""
        average, shares = self.efficiency.rank(), self.weights
        rows = {
            name: {
                "loglik": fit.loglik,
                "coefficients": fit.estimate.parameters,
                "aic": fit.aic,
                "bic": fit.bic,
                "weight": shares[name],
                "mean_efficiency": float(fit.efficiency.mean()),
                "rank_correlation": _correlation(fit.efficiency.rank(), average),
                "at_boundary": fit.estimate.at_boundary,
            }
            for name, fit in self.fits.items()
        }
        frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("distribution")
        return frame.sort_values(self.criterion)

    def summary(self) -> Summary:
        """Return the table of distributions; text, HTML and LaTeX."""
        frame = self.to_frame()
        rows = tuple(
            (str(name), *(f"{row[column]:.4f}" for column in _SHOWN), row["at_boundary"] or "no")
            for name, row in frame.iterrows()
        )
        first = next(iter(self.fits.values()))
        facts = (("Observations", str(len(first.units))), ("Weights by", self.criterion.upper()))
        notes = tuple(f"No maximum with {name}: {reason}." for name, reason in self.failed.items())
        header = ("", "log-likelihood", "AIC", "BIC", "weight", "mean efficiency", "at boundary")
        return Summary("Distributions of inefficiency", facts, header, (("", rows),), notes)

    def __repr__(self) -> str:
        return str(self.summary())


_SHOWN = ("loglik", "aic", "bic", "weight", "mean_efficiency")


def distribution_choice(
    fit: SfaResult, *, distributions: Sequence[str] = tuple(DISTRIBUTIONS), criterion: str = "aic"
) -> DistributionChoice:
    """Fit the same frontier under every distribution of inefficiency.

    Parameters
    ----------
    fit : SfaResult
        Whose data, regressors, covariates of u and v and panel structure are used; not covariates of mu, which only
        some distributions have.
    distributions : sequence of str
        All eleven when omitted.
    criterion : {"aic", "bic"}
        From which the weights follow.

    Returns
    -------
    DistributionChoice

    Raises
    ------
    OptionError
        An unknown distribution or criterion.
    DataError
        With covariates of mu.
    ConvergenceError
        When no distribution has a maximum.

    Examples
    --------
    >>> import bench
    >>> rng = np.random.default_rng(0)
    >>> x = np.exp(rng.normal(size=200))
    >>> y = x**0.6 * np.exp(0.1 * rng.normal(size=200) - 0.3 * rng.exponential(size=200))
    >>> fit = bench.sfa(bench.Units.from_arrays(x, y), form="cobb-douglas")
    >>> choice = distribution_choice(fit, distributions=["half-normal", "exponential"])
    >>> choice.best.estimate.distribution.name
    'exponential'
    """
    criterion = one_of(criterion, ("aic", "bic"), "criterion")
    if isinstance(distributions, str):
        raise OptionError(f"distributions must be a list, not the text {distributions!r}")
    if fit.specification.mu is not None:
        raise DataError("covariates of mu belong to some distributions only: leave them out, or put them in u")
    fits: dict[str, SfaResult] = {}
    failed: dict[str, str] = {}
    for name in distributions:
        law = DISTRIBUTIONS[one_of(name, tuple(DISTRIBUTIONS), "distribution")]
        try:
            estimate = fit.specification.fit(distribution=law)
        except EstimationError as error:
            failed[law.name] = str(error).split(":")[0]
            continue
        fits[law.name] = SfaResult(
            fit.units, fit.design, fit.specification.with_distribution(law), estimate, fit.covariance_kind,
            fit.clusters, fit.panel, fit.in_logs,
        )  # fmt: skip
    if not fits:
        raise ConvergenceError(f"no distribution has a maximum: {failed}")
    return DistributionChoice(fits, failed, criterion)


def _correlation(first: pd.Series[float], second: pd.Series[float]) -> float:
    if first.nunique() < 2 or second.nunique() < 2:
        return float("nan")
    return float(np.corrcoef(first, second)[0, 1])
