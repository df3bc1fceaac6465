"""Endogenous regressors: what noise moves as well, with instruments, by a control function.

An input that is chosen after the noise is seen, or measured with error, biases the frontier. Its reduced form on the
instruments and the other regressors leaves a residual; with that residual in the frontier the rest is as if exogenous
(Kutlu 2010, Economics Letters 109; Amsler, Prokhorov & Schmidt 2016, Journal of Econometrics 190; Karakaplan & Kutlu
2017). A residual's coefficient of zero means that the regressor was exogenous after all. The residual is estimated, so
standard errors come from a bootstrap of both steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import fdtrc

from bench.errors import DataError, EstimationError, Issue, OptionError, nearest
from bench.seeds import sequence
from bench.stochastic.forms import FrontierDesign
from bench.stochastic.frontier.result import SfaResult
from bench.stochastic.frontier.sfa import sfa
from bench.stochastic.frontier.specification import Specification
from bench.stochastic.hypothesis_tests import HypothesisTest, wald
from bench.typing import FloatArray
from bench.units import Units

#: First-stage F below which instruments are weak (Staiger & Stock 1997, Econometrica 65).
WEAK = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class EndogenousSfa:
    """A frontier with the reduced forms' residuals in it.

    Attributes
    ----------
    fit : SfaResult
        Its own standard errors take the residuals for known.
    naive : SfaResult
        Without the residuals.
    residuals : tuple of str
        Names of their coefficients.
    first_stage : DataFrame
        One row per endogenous regressor: F of the excluded instruments, its p-value and R².
    covariance : DataFrame
        Of the coefficients, from the bootstrap of both steps.
    replicates, failed : int
    warnings : tuple of Issue
    """

    fit: SfaResult
    naive: SfaResult
    residuals: tuple[str, ...]
    first_stage: pd.DataFrame
    covariance: pd.DataFrame
    replicates: int
    failed: int
    warnings: tuple[Issue, ...]

    @property
    def efficiency(self) -> pd.Series[float]:
        """Efficiency by row, net of the residuals' part of the noise."""
        return self.fit.efficiency

    def coefficients(self) -> pd.DataFrame:
        """Return estimates with bootstrap standard errors, and the naive fit's beside them."""
        errors = np.sqrt(np.diag(self.covariance.to_numpy()))
        frame = pd.DataFrame({"estimate": self.fit.params, "std_error": errors})
        return frame.assign(naive=self.naive.params.reindex(frame.index))

    def exogeneity_test(self) -> HypothesisTest:
        """Test that the regressors are exogenous: the residuals' coefficients are zero (Wald, bootstrap errors)."""
        values: FloatArray = np.array([self.fit.params[name] for name in self.residuals], dtype=np.float64)
        matrix = self.covariance.loc[list(self.residuals), list(self.residuals)].to_numpy()
        return wald(values, matrix, np.eye(len(values)), np.zeros(len(values)))

    def __repr__(self) -> str:
        return f"EndogenousSfa({self.fit!r}, {', '.join(self.residuals)})"


def endogenous_sfa(
    units: Units,
    *,
    endogenous: Sequence[str],
    instruments: Sequence[str],
    replicates: int = 100,
    seed: int = 0,
    **options: Any,
) -> EndogenousSfa:
    """Fit a frontier with endogenous regressors by a control function.

    Parameters
    ----------
    units : Units
    endogenous : sequence of str
        Variables of the frontier that depend on the noise.
    instruments : sequence of str
        Columns that move them and do not depend on the noise, added as they stand; at least as many.
    replicates, seed : int
        Of the bootstrap over rows (over units where the table has several periods).
    **options
        As for :func:`bench.sfa` in a cross-section: ``kind``, ``form``, ``distribution``, ``environment`` and others.

    Returns
    -------
    EndogenousSfa
        With the warning ``weak-instruments`` where the first stage's F is below ten.

    Raises
    ------
    OptionError
        A variable that the frontier does not have, or fewer instruments than endogenous variables.
    DataError
        Instruments that are collinear with the regressors.

    Examples
    --------
    >>> import bench
    >>> rng = np.random.default_rng(6)
    >>> z, noise = rng.normal(size=(2, 400))
    >>> log_x = 0.8 * z + 0.6 * noise + 0.3 * rng.normal(size=400)
    >>> y = np.exp(0.5 * log_x + 0.2 * noise - 0.3 * np.abs(rng.normal(size=400)))
    >>> frame = pd.DataFrame({"unit": np.arange(400).astype(str), "x": np.exp(log_x), "y": y, "z": z})
    >>> table = bench.Units.from_frame(frame, id="unit", inputs=["x"], outputs=["y"], extra=["z"])
    >>> found = endogenous_sfa(table, endogenous=["x"], instruments=["z"], replicates=20, form="cobb-douglas")
    >>> bool(abs(found.fit.params["ln x"] - 0.5) < abs(found.naive.params["ln x"] - 0.5))
    True
    """
    if options.get("panel") is not None or isinstance(endogenous, str) or isinstance(instruments, str):
        raise OptionError("endogenous_sfa is for cross-sections, with lists of endogenous variables and instruments")
    if len(instruments) < len(endogenous) or not endogenous:
        raise OptionError(f"{len(endogenous)} endogenous variables need at least as many instruments")
    if replicates < 10:
        raise OptionError("the bootstrap needs at least 10 replicates")
    naive = sfa(units, **options)
    places = _places(naive.design, endogenous)
    outside = units.values(tuple(instruments))
    control, first = _first_stage(naive.design, places, outside, list(endogenous))
    labels = tuple(f"residual of {name}" for name in endogenous)
    design = replace(
        naive.design, X=np.column_stack([naive.design.X, control]), names=(*naive.design.names, *labels),
        shifters=(*naive.design.shifters, *labels),
    )  # fmt: skip
    model = replace(naive.specification, X=design.X, names=design.names)
    fit = replace(naive, design=design, specification=model, estimate=model.fit())
    draws, failed = _bootstrap(units, naive, places, outside, replicates, seed)
    names = list(fit.estimate.names)
    if len(draws) < 3:
        raise DataError("too few bootstrap samples have a maximum: the frontier does not suit the sample")
    covariance = pd.DataFrame(_spread(np.array(draws)), index=names, columns=names)
    weak = tuple(_weak(str(name), value) for name, value in first["f"].items() if value < WEAK)
    return EndogenousSfa(fit, naive, labels, first, covariance, replicates, failed, weak)


def _places(design: FrontierDesign, endogenous: Sequence[str]) -> list[int]:
    known = [variable.name for variable in design.variables]
    for name in endogenous:
        if name not in known:
            raise OptionError(f"the frontier has no variable {name!r}{nearest(name, known)}; it has {', '.join(known)}")
    return [known.index(name) for name in endogenous]


def _first_stage(
    design: FrontierDesign, places: list[int], outside: FloatArray, names: list[str]
) -> tuple[FloatArray, pd.DataFrame]:
    """Residuals of the reduced forms, array (n, q), and how strong the instruments are."""
    n = len(design.y)
    exogenous = [k for k, term in enumerate(design.terms) if not set(term) & set(places)]
    exogenous += range(len(design.terms), design.X.shape[1])
    inside = design.X[:, exogenous]
    whole = np.column_stack([inside, outside])
    if np.linalg.matrix_rank(whole / np.maximum(np.abs(whole).max(axis=0), 1e-300)) < whole.shape[1]:
        raise DataError("the instruments are collinear with the frontier's own regressors or with each other")
    residuals, rows = [], {}
    for place, name in zip(places, names, strict=True):
        target = design.variables[place].value
        rest, without = (target - x @ np.linalg.lstsq(x, target, rcond=None)[0] for x in (whole, inside))
        q, free = outside.shape[1], n - whole.shape[1]
        f = ((without @ without - rest @ rest) / q) / (rest @ rest / free)
        spread = target - target.mean()
        rows[name] = {"f": f, "p_value": float(fdtrc(q, free, f)), "r_squared": 1.0 - rest @ rest / (spread @ spread)}
        residuals.append(rest)
    return np.column_stack(residuals), pd.DataFrame.from_dict(rows, orient="index")


def _bootstrap(
    units: Units, naive: SfaResult, places: list[int], outside: FloatArray, replicates: int, seed: int
) -> tuple[list[FloatArray], int]:
    """Coefficients of samples drawn with replacement, both steps again; and how many had no maximum."""
    _, codes = np.unique(units.frame[units.id].to_numpy(), return_inverse=True)
    rows_of = [np.flatnonzero(codes == code) for code in range(int(codes.max()) + 1)]
    names = [naive.design.variables[place].name for place in places]
    draws, failed = [], 0
    for stream in sequence(seed).spawn(replicates):
        picked = np.random.default_rng(stream).integers(0, len(rows_of), len(rows_of))
        rows = np.concatenate([rows_of[k] for k in picked])
        try:
            estimate = _again(naive, rows, places, outside[rows], names)
        except (DataError, EstimationError):
            failed += 1
            continue
        if np.isfinite(estimate[: naive.design.X.shape[1] + len(places)]).all():
            draws.append(estimate)
        else:
            failed += 1
    return draws, failed


def _spread(draws: FloatArray) -> FloatArray:
    """Covariance matrix of the draws; NaN for a coefficient that lies on an edge in some of them."""
    found = np.full((draws.shape[1], draws.shape[1]), np.nan)
    inside = np.flatnonzero(np.isfinite(draws).all(axis=0))
    found[np.ix_(inside, inside)] = np.cov(draws[:, inside].T)
    return found


def _again(naive: SfaResult, rows: Any, places: list[int], outside: FloatArray, names: list[str]) -> FloatArray:
    design, model = naive.design, naive.specification
    variables = tuple(replace(v, level=v.level[rows], value=v.value[rows]) for v in design.variables)
    part = replace(design, y=design.y[rows], X=design.X[rows], variables=variables)
    control, _ = _first_stage(part, places, outside, names)
    labels = (*model.names, *(f"residual {k}" for k in range(len(places))))
    again: Specification = replace(
        model, y=part.y, X=np.column_stack([part.X, control]), names=labels, u=_rows(model.u, rows),
        v=_rows(model.v, rows), mu=_rows(model.mu, rows), weights=_rows(model.weights, rows),
    )  # fmt: skip
    return again.fit().params


def _rows(values: FloatArray | None, rows: Any) -> FloatArray | None:
    return None if values is None else values[rows]


def _weak(name: str, f: float) -> Issue:
    return Issue(
        "weak-instruments",
        f"the instruments move {name} too little: F = {f:.2f}, below {WEAK:g}",
        "look for instruments that move it more; the naive fit may be no worse",
        severity="warning",
        column=name,
    )
