"""`Specification`: what was estimated, so that the same model can be fitted to other samples and distributions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy.typing as npt

from bench.stochastic.likelihood.sfa_distributions import Distribution
from bench.stochastic.panels.sfa_panel import fit_panel
from bench.stochastic.search import estimate as estimation
from bench.stochastic.search.outcome import Estimate
from bench.typing import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Specification:
    """Regressors, covariates and structure of a stochastic frontier, on arrays.

    Attributes
    ----------
    y : array (n,)
    X : array (n, k)
    kind : {"production", "cost"}
    distribution : Distribution
    names : tuple of str
        One per regressor.
    u, v, mu : array (n, q) or None
        Covariates.
    mu_constant : bool
    covariate_names : dict
        Names of the covariates by head: ``"u"``, ``"v"``, ``"m"``.
    weights : array (n,) or None
        Of the rows of a cross-section.
    structure : str
        Panel structure; empty for a cross-section.
    groups, times : array (n,) or None
    decay_from : {"panel", "unit"}
    """

    y: FloatArray
    X: FloatArray
    kind: str
    distribution: Distribution
    names: tuple[str, ...]
    u: FloatArray | None = None
    v: FloatArray | None = None
    mu: FloatArray | None = None
    mu_constant: bool = True
    covariate_names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    weights: FloatArray | None = None
    structure: str = ""
    groups: npt.ArrayLike | None = None
    times: npt.ArrayLike | None = None
    decay_from: str = "panel"

    def with_distribution(self, distribution: Distribution) -> Specification:
        """Return the same model under another distribution of inefficiency."""
        return replace(self, distribution=distribution)

    def fit(
        self,
        y: npt.ArrayLike | None = None,
        *,
        distribution: str | Distribution | None = None,
        on_boundary: str = "report",
    ) -> Estimate:
        """Estimate the model, on the data or with another dependent variable or distribution.

        Raises
        ------
        DataError, WrongSkewError, ConvergenceError
            As :func:`bench.stochastic.search.estimate.fit`.
        """
        target = self.y if y is None else y
        law = self.distribution if distribution is None else distribution
        if not self.structure:
            return estimation.fit(
                target, self.X, kind=self.kind, distribution=law, u=self.u, v=self.v, mu=self.mu,
                mu_constant=self.mu_constant, names=self.names, covariate_names=self.covariate_names,
                weights=self.weights, on_boundary=on_boundary,
            )  # fmt: skip
        assert self.groups is not None
        assert self.times is not None
        return fit_panel(
            target, self.X, groups=self.groups, times=self.times, structure=self.structure,
            decay_from=self.decay_from, kind=self.kind, distribution=law, u=self.u, v=self.v, mu=self.mu,
            mu_constant=self.mu_constant, names=self.names, covariate_names=self.covariate_names,
            on_boundary=on_boundary,
        )  # fmt: skip
