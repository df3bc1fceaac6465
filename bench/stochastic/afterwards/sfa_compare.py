"""Fits side by side, and the tests that choose between them: likelihood ratio, Wald, Vuong.

Sources: Vuong (1989), Econometrica 57; Kodde & Palm (1986), Econometrica 54.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from bench.errors import DataError, Issue, OptionError, nearest
from bench.presenting import Presented, Summary
from bench.stochastic.frontier.composed_error import heads
from bench.stochastic.frontier.result import SfaResult
from bench.stochastic.hypothesis_tests import HypothesisTest, chi_bar_square, likelihood_ratio, vuong, wald
from bench.stochastic.search.global_search import NO_NOISE

#: p-values below which a coefficient has one, two or three stars.
_STARS = (0.1, 0.05, 0.01)


@dataclass(frozen=True, slots=True, eq=False)
class Comparison(Presented):
    """Fits side by side.

    Attributes
    ----------
    fits : dict of str to SfaResult
    """

    fits: dict[str, SfaResult]

    def to_frame(self) -> pd.DataFrame:
        """Return one row per coefficient and statistic, one column of estimates per fit."""
        frame = pd.DataFrame({name: fit.params for name, fit in self.fits.items()})
        order = list(dict.fromkeys(label for fit in self.fits.values() for label in fit.params.index))
        return pd.concat([frame.reindex(order), self.statistics()])

    def statistics(self) -> pd.DataFrame:
        """Return observations, coefficients, log-likelihood, AIC, BIC and mean efficiency, one column per fit."""
        return pd.DataFrame(
            {
                name: {
                    "observations": float(len(fit.units)),
                    "coefficients": float(fit.estimate.parameters),
                    "loglik": fit.loglik,
                    "aic": fit.aic,
                    "bic": fit.bic,
                    "mean_efficiency": float(fit.efficiency.mean()),
                }
                for name, fit in self.fits.items()
            }
        )

    def summary(self) -> Summary:
        """Return the table of models, standard errors in brackets below the estimates; text, HTML and LaTeX."""
        frames = {name: fit.coefficients() for name, fit in self.fits.items()}
        blocks: dict[str, list[str]] = {}
        for frame in frames.values():
            for label, block in frame["block"].items():
                blocks.setdefault(block, [])
                if str(label) not in blocks[block]:
                    blocks[block].append(str(label))
        sections = []
        for block, labels in blocks.items():
            rows: list[tuple[str, ...]] = []
            for label in labels:
                rows.append((label.split(":")[-1], *(_estimate(frame, label) for frame in frames.values())))
                rows.append(("", *(_error(frame, label) for frame in frames.values())))
            sections.append((_BLOCKS.get(block, block), tuple(rows)))
        statistics = self.statistics()
        rows = [
            (str(label).replace("_", " "), *(_plain(str(label), value) for value in statistics.loc[label]))
            for label in statistics.index
        ]
        rows.append(("at boundary", *(fit.estimate.at_boundary or "no" for fit in self.fits.values())))
        rows.append(("standard errors", *(fit.covariance_kind for fit in self.fits.values())))
        sections.append(("Statistics", tuple(rows)))
        facts = tuple((name, _title(fit)) for name, fit in self.fits.items())
        notes = ["Standard errors in brackets. * p < 0.1, ** p < 0.05, *** p < 0.01."]
        if len({_sample(fit) for fit in self.fits.values()}) > 1:
            notes.append("The fits do not have the same dependent variable and rows: their criteria do not compare.")
        return Summary("Stochastic frontiers", facts, ("", *self.fits), tuple(sections), tuple(notes))

    def to_latex(self) -> str:
        """Return the table of models as a ``tabular`` environment."""
        return self.summary().to_latex()

    def __repr__(self) -> str:
        return str(self.summary())


_BLOCKS = {"frontier": "Frontier", "v": "ln σv²", "u": "ln σu²", "m": "Location or shape", "time": "Time path",
           "w": "ln σw²", "h": "ln σh²"}  # fmt: skip


def compare(fits: Mapping[str, SfaResult] | Sequence[SfaResult]) -> Comparison:
    """Put fits side by side.

    Parameters
    ----------
    fits : mapping of name to SfaResult, or sequence of SfaResult
        In a sequence they are called (1), (2) and so on.

    Returns
    -------
    Comparison
        A table of models as text, HTML and LaTeX, and a frame.

    Raises
    ------
    OptionError
        Without any fit, or something that is not one.

    Examples
    --------
    >>> import bench
    >>> rng = np.random.default_rng(0)
    >>> x = np.exp(rng.normal(size=200))
    >>> y = x**0.6 * np.exp(0.1 * rng.normal(size=200) - 0.3 * np.abs(rng.normal(size=200)))
    >>> units = bench.Units.from_arrays(x, y)
    >>> both = compare([bench.sfa(units, form=form) for form in ("cobb-douglas", "translog")])
    >>> both.statistics().loc["coefficients"].tolist()
    [4.0, 5.0]
    """
    named = dict(fits) if isinstance(fits, Mapping) else {f"({k + 1})": fit for k, fit in enumerate(fits)}
    if not named:
        raise OptionError("compare needs at least one fit")
    for name, fit in named.items():
        if not isinstance(fit, SfaResult):
            raise OptionError(f"compare takes results of bench.sfa; {name} is {type(fit).__name__}")
    return Comparison(named)


def likelihood_ratio_test(restricted: SfaResult, free: SfaResult, *, one_sided: int = 0) -> HypothesisTest:
    """Test a fit against one that it is nested in.

    Parameters
    ----------
    restricted, free : SfaResult
        On the same rows and dependent variable.
    one_sided : int
        How many restrictions put a variance on zero, the edge of its space; the statistic is then a mixture of χ² with
        binomial weights. For σu itself use ``inefficiency_test``, which knows the cone.

    Returns
    -------
    HypothesisTest
        Without a p-value, and with the reason in ``warnings``, where one of the fits has no noise (σv = 0): the
        likelihood is not regular there. With a warning where one of them alone has no inefficiency.

    Raises
    ------
    DataError
        Other rows, no restriction between the two, or a restricted fit that is higher and so cannot be nested.

    Examples
    --------
    >>> import bench
    >>> rng = np.random.default_rng(0)
    >>> x = np.exp(rng.normal(size=200))
    >>> y = x**0.6 * np.exp(0.1 * rng.normal(size=200) - 0.3 * np.abs(rng.normal(size=200)))
    >>> units = bench.Units.from_arrays(x, y)
    >>> likelihood_ratio_test(bench.sfa(units, form="cobb-douglas"), bench.sfa(units)).p_value > 0.01
    True
    """
    _same_sample(restricted, free)
    df = free.estimate.parameters - restricted.estimate.parameters
    if df < 1:
        raise DataError(f"the free fit has {df} coefficients more than the restricted one: give them in that order")
    edges = (restricted.estimate.at_boundary, free.estimate.at_boundary)
    if restricted.loglik > free.loglik + 1e-6 and not any(NO_NOISE in edge for edge in edges):
        raise DataError(
            f"the restricted fit has the higher log-likelihood ({restricted.loglik:.6f} against {free.loglik:.6f}), so "
            "it is not nested in the other: use vuong_test"
        )
    if one_sided:
        if not 0 < one_sided <= df:
            raise OptionError(f"one_sided must lie between 0 and the {df} restrictions; got {one_sided}")
        weights = [math.comb(one_sided, j) / 2.0**one_sided for j in range(one_sided + 1)]
        whole = tuple([0.0] * (df - one_sided) + weights)
        found = chi_bar_square(max(2.0 * (free.loglik - restricted.loglik), 0.0), whole)
    else:
        found = likelihood_ratio(restricted.loglik, free.loglik, df)
    return _at_edges(found, *edges)


def _at_edges(test: HypothesisTest, restricted: str, free: str) -> HypothesisTest:
    """Return a likelihood ratio test without a p-value where there is none, and with a warning where it is unsure."""
    edges = {"restricted": restricted, "free": free}
    no_noise = [name for name, edge in edges.items() if NO_NOISE in edge]
    if no_noise:
        told = Issue(
            "likelihood-ratio-at-edge",
            f"the {no_noise[-1]} fit has no noise (sigma_v = 0), where the likelihood is not regular: the likelihood "
            "ratio has no p-value",
            "compare by what the fits say of the units, or fit both by corrected least squares",
            severity="warning",
        )
        return replace(test, p_value=math.nan, reference="none at sigma_v = 0", warnings=(told,))
    if restricted != free:
        told = Issue(
            "likelihood-ratio-at-edge",
            f"the fits do not lie on the same edge ({restricted or 'none'}; {free or 'none'}): χ² does not hold there, "
            "and of simulated samples of 50 and 100 rows it rejected a true hypothesis at 5 % in 8 to 34 %",
            "ask for a smaller p-value, such as 1 %, before the hypothesis is given up",
            severity="warning",
        )
        return replace(test, warnings=(told,))
    return test


def wald_test(
    fit: SfaResult,
    restrictions: Mapping[str, float] | Sequence[Mapping[str, float]],
    values: float | Sequence[float] = 0.0,
) -> HypothesisTest:
    """Test linear restrictions on the coefficients, with the fit's own covariance matrix.

    Parameters
    ----------
    fit : SfaResult
    restrictions : mapping of coefficient to factor, or a sequence of them
        ``{"ln hours": 1, "ln visits": 1}`` is the sum of two coefficients.
    values : float or sequence of float
        What each sum is under the hypothesis.

    Raises
    ------
    OptionError
        An unknown coefficient.
    DataError
        A coefficient on an edge, which has no standard error.

    Examples
    --------
    >>> import bench
    >>> rng = np.random.default_rng(0)
    >>> x = np.exp(rng.normal(size=200))
    >>> y = x**0.6 * np.exp(0.1 * rng.normal(size=200) - 0.3 * np.abs(rng.normal(size=200)))
    >>> fit = bench.sfa(bench.Units.from_arrays(x, y), form="cobb-douglas")
    >>> wald_test(fit, {"ln x1": 1}, 1.0).p_value < 0.001
    True
    """
    rows = [restrictions] if isinstance(restrictions, Mapping) else list(restrictions)
    targets = np.broadcast_to(np.asarray(values, dtype=np.float64), (len(rows),))
    names = list(fit.estimate.names)
    matrix = np.zeros((len(rows), len(names)))
    for row, restriction in zip(matrix, rows, strict=True):
        for name, factor in restriction.items():
            if name not in names:
                raise OptionError(
                    f"there is no coefficient {name!r}{nearest(name, names)}; there are {', '.join(names)}"
                )
            row[names.index(name)] = factor
    used = np.flatnonzero((matrix != 0.0).any(axis=0))
    covariance = fit.cov.to_numpy()[np.ix_(used, used)]
    if not len(used) or not np.isfinite(covariance).all():
        raise DataError("a coefficient without a standard error cannot be tested: it lies on an edge of the model")
    return wald(fit.estimate.params[used], covariance, matrix[:, used], targets)


def vuong_test(first: SfaResult, second: SfaResult, *, corrected: bool = True) -> HypothesisTest:
    """Compare two fits that are not nested, by their log-densities row by row; above zero favours the first.

    Parameters
    ----------
    first, second : SfaResult
        Cross-sections on the same rows and dependent variable, inside their boundaries.
    corrected : bool
        Schwarz's correction for the number of coefficients.

    Returns
    -------
    HypothesisTest
        With a warning where one fit is nested in the other, which the likelihood ratio is for.

    Raises
    ------
    DataError
        Other rows, panels, a fit at a boundary, or two fits with the same densities.

    Examples
    --------
    >>> import bench
    >>> rng = np.random.default_rng(0)
    >>> x = np.exp(rng.normal(size=300))
    >>> y = x**0.6 * np.exp(0.1 * rng.normal(size=300) - 0.3 * rng.exponential(size=300))
    >>> units = bench.Units.from_arrays(x, y)
    >>> laws = ("exponential", "half-normal")
    >>> vuong_test(*(bench.sfa(units, form="cobb-douglas", distribution=law) for law in laws)).statistic > 0
    True
    """
    _same_sample(first, second)
    densities = []
    for fit in (first, second):
        at = heads(fit.estimate)
        densities.append(at.distribution.evaluate(at.e, at.v, at.u, at.m)[0])
    if np.max(np.abs(densities[0] - densities[1])) < 1e-10:
        raise DataError("the two fits have the same density at every row: there is nothing to choose between")
    counts = (first.estimate.parameters, second.estimate.parameters) if corrected else (0, 0)
    found = vuong(densities[0], densities[1], counts)
    return replace(found, warnings=(_NESTED,)) if _nested(first, second) else found


#: What a test of rival fits says of fits that are none.
_NESTED = Issue(
    "vuong-of-nested-fits",
    "the terms of one fit can all be written by those of the other: the fits are nested, and the normal distribution "
    "does not hold for them",
    "use likelihood_ratio_test with the smaller one first",
    severity="warning",
)


def _nested(first: SfaResult, second: SfaResult) -> bool:
    """Tell whether fits differ by their frontiers alone, and one frontier's terms lie in the span of the other's."""
    fits = (first.estimate, second.estimate)
    if fits[0].distribution.name != fits[1].distribution.name:
        return False
    X, Z = (fit.design.X for fit in (first, second))
    if list(fits[0].names[X.shape[1] :]) != list(fits[1].names[Z.shape[1] :]):
        return False
    return bool(np.linalg.matrix_rank(np.hstack([X, Z])) == max(X.shape[1], Z.shape[1]))


def _sample(fit: SfaResult) -> tuple[str, int, float]:
    return fit.design.dependent, len(fit.units), float(np.round(fit.design.y.sum(), 9))


def _same_sample(first: SfaResult, second: SfaResult) -> None:
    if _sample(first) != _sample(second) or not np.array_equal(first.design.y, second.design.y):
        raise DataError(
            f"the fits are not of the same rows and dependent variable: {first.design.dependent} with "
            f"{len(first.units)} rows, {second.design.dependent} with {len(second.units)}"
        )


def _title(fit: SfaResult) -> str:
    panel = f", {fit.panel}" if fit.panel else ""
    law = fit.estimate.distribution.name
    return f"{fit.design.form} {fit.design.kind} frontier of {fit.design.dependent}, {law}{panel}"


def _estimate(frame: pd.DataFrame, label: str) -> str:
    if label not in frame.index:
        return ""
    value, p = float(frame["estimate"][label]), float(frame["p_value"][label])
    if not math.isfinite(value):
        return "" if math.isnan(value) else ("−∞" if value < 0 else "∞")
    return f"{value:.4f}" + "*" * sum(p < limit for limit in _STARS)


def _error(frame: pd.DataFrame, label: str) -> str:
    value = float(frame["std_error"][label]) if label in frame.index else math.nan
    return f"({value:.4f})" if math.isfinite(value) else ""


def _plain(label: str, value: float) -> str:
    return f"{value:.0f}" if label in ("observations", "coefficients") else f"{value:.4f}"
