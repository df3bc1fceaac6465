"""`bench.sfa`: a stochastic frontier from a table of units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bench.errors import ConvergenceError, DataError, Issue, OptionError, WrongSkewError, nearest
from bench.options import SFA_COVARIANCES, SFA_PANEL_ALIASES, SFA_PANELS, SFA_SHAPES, one_of
from bench.stochastic.forms import frontier_design
from bench.stochastic.frontier.result import SfaResult
from bench.stochastic.frontier.shape_constraints import impose
from bench.stochastic.frontier.specification import Specification
from bench.stochastic.likelihood.sfa_distributions import Distribution
from bench.stochastic.likelihood.sfa_distributions import distribution as lookup
from bench.stochastic.search import estimate as estimation
from bench.stochastic.search.consequences import CONSEQUENCES
from bench.typing import FloatArray

if TYPE_CHECKING:
    from bench.units import Units


Covariates = Sequence[str]


def sfa(
    units: Units,
    *,
    kind: str = "production",
    form: str = "translog",
    distribution: str = "half-normal",
    environment: Covariates = (),
    u: Covariates = (),
    v: Covariates = (),
    mu: Covariates = (),
    mu_constant: bool = True,
    panel: str | None = None,
    decay_from: str = "panel",
    normalise: str | Sequence[float] = "none",
    homogeneous: bool = True,
    shape: str | None = None,
    covariance: str = "hessian",
    clusters: str | Sequence[Any] | None = None,
    on_boundary: str = "report",
) -> SfaResult:
    """Estimate a stochastic frontier by maximum likelihood.

    Data stay in levels: the form takes the logs.

    Parameters
    ----------
    units : Units
        Production: one output and the inputs. Cost: one input (the cost), outputs and perhaps input prices.
    kind : {"production", "cost", "output-distance", "input-distance"}
    form : {"cobb-douglas", "translog", "quadratic"}
    distribution : str
        Of inefficiency: half-normal, exponential, truncated-normal, truncated-normal-scaled, rayleigh, uniform,
        generalised-exponential, truncated-skewed-laplace, gamma, weibull or lognormal.
    environment, u, v, mu : sequence of str
        Columns that shift the frontier, ln σu², ln σv² and the location, added as they stand.
    mu_constant : bool
        Whether the location has an intercept.
    panel : str, optional
        Structure over periods: pitt-lee, battese-coelli-1992, kumbhakar-1990, lee-schmidt, true-random, true-fixed or
        four-components. Without it every row is an observation of its own.
    decay_from : {"panel", "unit"}
        Where the time path of inefficiency counts from: the panel's last period or each unit's.
    normalise, homogeneous
        See :func:`bench.stochastic.forms.frontier_design`.
    shape : {"monotone", "concave", "monotone-concave"}, optional
        Imposed on the frontier, which :func:`bench.stochastic.shaped_sfa` shows beside the free one. For
        half-normal inefficiency in a cross-section without covariates of u and v.
    covariance : {"hessian", "opg", "sandwich", "clustered"}
    clusters : column name or sequence, optional
        For clustered standard errors; the unit when omitted and the table has several periods.
    on_boundary : {"report", "raise"}
        What to do when no interior maximum exists (wrong skewness, no noise).

    Returns
    -------
    SfaResult

    Raises
    ------
    DataError
        Zero or negative values under logs, collinear regressors, constant covariates, too few observations.
    OptionError
        An unknown option, with those there are; a shape where it is not supported, with what is.
    WrongSkewError, ConvergenceError
        See :func:`bench.stochastic.search.estimate.fit`.

    References
    ----------
    Aigner, Lovell & Schmidt (1977); Meeusen & van den Broeck (1977); Battese & Coelli (1995); Kumbhakar, Wang &
    Horncastle (2015), A Practitioner's Guide to Stochastic Frontier Analysis Using Stata.

    Examples
    --------
    >>> import numpy as np, bench
    >>> rng = np.random.default_rng(0)
    >>> hours, visits = np.exp(rng.normal(size=(2, 300)))
    >>> cost = 50 * hours**0.6 * visits**0.3 * np.exp(0.1 * rng.normal(size=300) + 0.3 * np.abs(rng.normal(size=300)))
    >>> units = bench.Units.from_arrays(cost, np.column_stack([hours, visits]))
    >>> f = bench.sfa(units, kind="cost", form="cobb-douglas")
    >>> f.params.round(1).tolist()[1:3]
    [0.6, 0.3]
    """
    law = lookup(distribution)
    structure = None if panel is None else one_of(panel, SFA_PANELS, "panel", SFA_PANEL_ALIASES)
    covariance = one_of(covariance, SFA_COVARIANCES, "covariance")
    if shape is not None:
        imposed = one_of(shape, SFA_SHAPES, "shape")
        _refuse_shape(law, structure, covariance, {"u": u, "v": v, "mu": mu})
        free = sfa(
            units, kind=kind, form=form, environment=environment, normalise=normalise, homogeneous=homogeneous,
            distribution="half-normal",
        )  # fmt: skip
        fitted = _shaped(free, imposed, on_boundary)
        return replace(fitted, covariance_kind=covariance, clusters=_clusters(units, clusters, covariance))
    design = frontier_design(
        units, kind=kind, form=form, environment=environment, normalise=normalise, homogeneous=homogeneous
    )
    given = {"u": tuple(u), "v": tuple(v), "m": tuple(mu)}
    specification = Specification(
        design.y,
        design.X,
        "production" if design.sign > 0 else "cost",
        law,
        design.names,
        u=_values(units, u, "u"),
        v=_values(units, v, "v"),
        mu=_values(units, mu, "mu"),
        mu_constant=mu_constant,
        covariate_names=given,
        structure=structure or "",
        decay_from=decay_from,
        **({} if structure is None else _groups(units)),
    )
    return SfaResult(
        units=units,
        design=design,
        specification=specification,
        estimate=specification.fit(on_boundary=on_boundary),
        covariance_kind=covariance,
        clusters=_clusters(units, clusters, covariance),
        panel=structure or "",
    )


def _refuse_shape(law: Distribution, structure: str | None, covariance: str, heads: dict[str, Covariates]) -> None:
    """Refuse what a frontier with its shape imposed cannot be combined with, all at once."""
    wrong = []
    if law.name != "half-normal":
        wrong.append(f"distribution={law.name!r}: use 'half-normal'")
    if structure is not None:
        wrong.append(f"panel={structure!r}: leave panel out, every row is then an observation of its own")
    given = [name for name, columns in heads.items() if columns]
    if given:
        wrong.append(f"covariates of {', '.join(given)}: leave them out, or put them in environment")
    if covariance == "opg":
        wrong.append("covariance='opg', which does not know the binding rows: use 'hessian' or 'sandwich'")
    if wrong:
        raise OptionError(
            f"shape= cannot be combined with {'; '.join(wrong)}. Or fit without shape= and read shape_violations()"
        )


def _shaped(free: SfaResult, shape: str, on_boundary: str) -> SfaResult:
    action = one_of(on_boundary, estimation.BOUNDARY_ACTIONS, "on_boundary")
    fitted = impose(free, monotone="monotone" in shape, concave="concave" in shape).fit
    at = fitted.estimate.at_boundary
    if at and action == "raise":
        raise (WrongSkewError if at == "sigma_u = 0" else ConvergenceError)(
            f"no interior maximum under the shape; the likelihood is highest at {at}: {CONSEQUENCES[at]}"
        )
    return fitted


def _values(units: Units, columns: Covariates, role: str) -> FloatArray | None:
    if isinstance(columns, str):
        raise DataError(f"{role} must be a list of columns, not the text {columns!r}")
    if not columns:
        return None
    known = [*units.inputs, *units.outputs, *units.environment, *units.input_prices, *units.output_prices, *units.extra]
    issues = [
        Issue(
            "missing-column",
            f"there is no column {column!r} with numbers{nearest(column, known)}",
            f"give it a role in the table; columns are {', '.join(known)}",
            column=column,
        )
        for column in columns
        if column not in known
    ]
    if issues:
        raise DataError(issues)
    return units.values(columns)


def _groups(units: Units) -> dict[str, Any]:
    if units.period is None:
        raise DataError("a panel structure needs a period column: name it when the table is read")
    return {"groups": units.frame[units.id].to_numpy(), "times": units.frame[units.period].to_numpy()}


def _clusters(units: Units, clusters: str | Sequence[Any] | None, covariance: str) -> npt.NDArray[Any] | None:
    if covariance != "clustered":
        return None
    if clusters is None:
        return np.asarray(units.frame[units.id].to_numpy())
    if isinstance(clusters, str):
        if clusters not in units.frame.columns:
            raise DataError(f"there is no column {clusters!r} to cluster by{nearest(clusters, units.frame.columns)}")
        return np.asarray(units.frame[clusters].to_numpy())
    return np.asarray(clusters)
