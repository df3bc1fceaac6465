"""`bench.sfa`: a stochastic frontier from a table of units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.errors import ConvergenceError, DataError, Issue, OptionError, WrongSkewError, nearest
from bench.options import SFA_COVARIANCES, SFA_PANEL_ALIASES, SFA_PANELS, SFA_SHAPES, one_of
from bench.stochastic.forms import FrontierDesign, frontier_design
from bench.stochastic.frontier.formula import covariates, formula_design, formula_units
from bench.stochastic.frontier.result import SfaResult
from bench.stochastic.frontier.shape_constraints import impose
from bench.stochastic.frontier.specification import Specification
from bench.stochastic.likelihood.sfa_distributions import Distribution
from bench.stochastic.likelihood.sfa_distributions import distribution as lookup
from bench.stochastic.search import estimate as estimation
from bench.stochastic.search.consequences import CONSEQUENCES
from bench.typing import FloatArray
from bench.units import Units, roles_wanted

Covariates = Sequence[str] | str


def sfa(
    units: Units | str,
    data: Units | pd.DataFrame | None = None,
    *,
    kind: str = "production",
    form: str = "translog",
    distribution: str = "half-normal",
    environment: Sequence[str] = (),
    u: Covariates = (),
    v: Covariates = (),
    mu: Covariates = (),
    mu_constant: bool = True,
    weights: str | Sequence[float] | None = None,
    in_logs: bool = False,
    id: str | None = None,
    period: str | None = None,
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

    Data stay in levels: the form takes the logs, or the formula does.

    Parameters
    ----------
    units : Units or str
        Production: one output and the inputs. Cost: one input (the cost), outputs and perhaps input prices. Or a
        formula over ``data``, such as ``"log(y) ~ log(k) + log(l) + I(t**2)"``, which takes the place of ``form``.
    data : Units or DataFrame, optional
        The table of a formula.
    kind : {"production", "cost", "output-distance", "input-distance"}
    form : {"cobb-douglas", "translog", "quadratic"}
    distribution : str
        Of inefficiency: half-normal, exponential, truncated-normal, truncated-normal-scaled, rayleigh, uniform,
        generalised-exponential, truncated-skewed-laplace, gamma, weibull or lognormal.
    environment, u, v, mu : sequence of str
        Columns that shift the frontier, ln σu², ln σv² and the location, added as they stand. ``u``, ``v`` and ``mu``
        may be formulas: ``u="~ z + I(z**2)"``. With a formula for the frontier, ``environment`` names columns that do
        not count as its arguments.
    mu_constant : bool
        Whether the location has an intercept.
    weights : column name or sequence, optional
        Positive factor of each row's log-density in a cross-section, scaled to the mean one.
    in_logs : bool
        The columns of the frontier are logs already.
    id, period : str, optional
        With a formula over a DataFrame: columns that name the unit and the period.
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

    The same by a formula, with σv² free to follow the hours:

    >>> import pandas as pd
    >>> table = pd.DataFrame({"cost": cost, "hours": hours, "visits": visits})
    >>> f = bench.sfa("log(cost) ~ log(hours) + log(visits)", table, kind="cost", v="~ log(hours)")
    >>> f.params.round(1).tolist()[1:3]
    [0.6, 0.3]
    """
    law = lookup(distribution)
    table = _table(units, data, id, period)
    structure = None if panel is None else one_of(panel, SFA_PANELS, "panel", SFA_PANEL_ALIASES)
    covariance = one_of(covariance, SFA_COVARIANCES, "covariance")
    if shape is not None:
        imposed = one_of(shape, SFA_SHAPES, "shape")
        units = _refuse_shape(
            law, units, structure, covariance, {"u": u, "v": v, "mu": mu, "weights": weights, "in_logs": in_logs}
        )
        free = sfa(
            units, kind=kind, form=form, environment=environment, normalise=normalise, homogeneous=homogeneous,
            distribution="half-normal",
        )  # fmt: skip
        fitted = _shaped(free, imposed, on_boundary)
        return replace(fitted, covariance_kind=covariance, clusters=_clusters(units, clusters, covariance))
    design: FrontierDesign
    if isinstance(units, str):
        design = formula_design(units, table, kind=kind, environment=environment, in_logs=in_logs)
        labelled = data if isinstance(data, Units) else formula_units(units, table, kind, design, id, period)
    else:
        labelled = units
        design = frontier_design(
            units, kind=kind, form=form, environment=environment, normalise=normalise, homogeneous=homogeneous,
            in_logs=in_logs,
        )  # fmt: skip
    factor = _weights(weights, table)
    if factor is not None and structure is not None:
        raise OptionError("weights are for a cross-section: leave panel out, or leave weights out")
    given = {
        role: _values(labelled, table, z, name) for role, name, z in (("u", "u", u), ("v", "v", v), ("m", "mu", mu))
    }
    specification = Specification(
        design.y,
        design.X,
        "production" if design.sign > 0 else "cost",
        law,
        design.names,
        u=given["u"][0],
        v=given["v"][0],
        mu=given["m"][0],
        mu_constant=mu_constant,
        covariate_names={role: names for role, (_, names) in given.items()},
        weights=factor,
        structure=structure or "",
        decay_from=decay_from,
        **({} if structure is None else _groups(labelled)),
    )
    return SfaResult(
        units=labelled,
        design=design,
        specification=specification,
        estimate=specification.fit(on_boundary=on_boundary),
        covariance_kind=covariance,
        clusters=_clusters(labelled, clusters, covariance),
        panel=structure or "",
        in_logs=in_logs,
    )


def _table(units: Units | str, data: Units | pd.DataFrame | None, id: str | None, period: str | None) -> pd.DataFrame:
    """The table that a formula is read over."""
    if not isinstance(units, str):
        if data is not None:
            raise OptionError("data is the table of a formula: give the formula first, or leave data out")
        if id is not None or period is not None:
            raise OptionError("id and period are named when the table is read; with a formula over a DataFrame, here")
        if not isinstance(units, Units):
            raise OptionError(roles_wanted(units, "units"))
        return units.frame
    if data is None:
        raise OptionError(f"the formula {units!r} needs its table: bench.sfa({units!r}, data)")
    if isinstance(data, Units):
        return data.frame
    missing = [name for name in (id, period) if name is not None and name not in data.columns]
    if missing:
        raise DataError(f"there is no column {missing[0]!r}{nearest(missing[0], [str(c) for c in data.columns])}")
    return data


def _weights(weights: str | Sequence[float] | None, table: pd.DataFrame) -> FloatArray | None:
    if weights is None:
        return None
    if isinstance(weights, str):
        if weights not in table.columns:
            raise DataError(f"there is no column {weights!r} with weights{nearest(weights, list(table.columns))}")
        return table[weights].to_numpy(dtype=np.float64)
    return np.asarray(weights, dtype=np.float64)


def _refuse_shape(
    law: Distribution, units: Units | str, structure: str | None, covariance: str, given: dict[str, Any]
) -> Units:
    """Refuse what a frontier with its shape imposed cannot be combined with, all at once."""
    wrong = []
    if isinstance(units, str):
        wrong.append("a formula: use form='translog' on a table of units")
    for option in ("weights", "in_logs"):
        if given[option] is not None and given[option] is not False:
            wrong.append(f"{option}: leave it out")
    heads = {name: given[name] for name in ("u", "v", "mu")}
    if law.name != "half-normal":
        wrong.append(f"distribution={law.name!r}: use 'half-normal'")
    if structure is not None:
        wrong.append(f"panel={structure!r}: leave panel out, every row is then an observation of its own")
    covaried = [name for name, columns in heads.items() if columns]
    if covaried:
        wrong.append(f"covariates of {', '.join(covaried)}: leave them out, or put them in environment")
    if covariance == "opg":
        wrong.append("covariance='opg', which does not know the binding rows: use 'hessian' or 'sandwich'")
    if wrong:
        raise OptionError(
            f"shape= cannot be combined with {'; '.join(wrong)}. Or fit without shape= and read shape_violations()"
        )
    assert not isinstance(units, str)
    return units


def _shaped(free: SfaResult, shape: str, on_boundary: str) -> SfaResult:
    action = one_of(on_boundary, estimation.BOUNDARY_ACTIONS, "on_boundary")
    fitted = impose(free, monotone="monotone" in shape, concave="concave" in shape).fit
    at = fitted.estimate.at_boundary
    if at and action == "raise":
        raise (WrongSkewError if at == "sigma_u = 0" else ConvergenceError)(
            f"no interior maximum under the shape; the likelihood is highest at {at}: {CONSEQUENCES[at]}"
        )
    return fitted


def _values(
    units: Units, table: pd.DataFrame, columns: Covariates, role: str
) -> tuple[FloatArray | None, tuple[str, ...]]:
    if isinstance(columns, str):
        if "~" in columns:
            return covariates(columns, table, role)
        raise DataError(f"{role} must be a list of columns or a formula such as '~ {columns}', not {columns!r}")
    if not columns:
        return None, ()
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
    return units.values(columns), tuple(columns)


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
