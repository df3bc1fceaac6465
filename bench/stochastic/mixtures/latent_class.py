"""Latent-class and zero-inefficiency frontiers: more than one kind of unit in the same data.

:func:`latent_class` lets each class have its own technology and variances (Greene 2005; Orea & Kumbhakar 2004); a
unit belongs to one class in all its periods, with a probability that may depend on covariates.
:func:`zero_inefficiency` has one technology, and a share of units that are fully efficient (Kumbhakar, Parmeter &
Tsionas 2013).

Sources: Orea & Kumbhakar (2004), Empirical Economics 29; Greene (2005), Journal of Econometrics 126; Kumbhakar,
Parmeter & Tsionas (2013), Journal of Econometrics 172; Rho & Schmidt (2015), Journal of Productivity Analysis 43.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bench.errors import DataError, OptionError
from bench.options import one_of
from bench.seeds import sequence
from bench.stochastic.design import Block, Standard, standardise
from bench.stochastic.forms import FrontierDesign, frontier_design
from bench.stochastic.mixtures.mixture import NO_INEFFICIENCY, Mixture, MixtureClass
from bench.stochastic.mixtures.mixture_result import MixtureResult
from bench.stochastic.mixtures.mixture_search import NOISE_FLOOR, Found, highest
from bench.stochastic.residual_split import Split
from bench.typing import FloatArray

if TYPE_CHECKING:
    from bench.units import Units


#: A class that holds fewer units than this share of one coefficient each is an artefact of a single outlier.
LEAST_MEMBERS = 1.0


def latent_class(
    units: Units, *, classes: int = 2, membership: Sequence[str] = (), starts: int = 12, seed: int = 1, **options: Any
) -> MixtureResult:
    """Fit a half-normal frontier with several classes of technology.

    Parameters
    ----------
    units : Units
        With a period column, all periods of a unit are in one class.
    classes : int
        Two to five; compare by BIC.
    membership : sequence of str
        Columns that shift the class probabilities; constant within units (the first row of each is read).
    starts, seed : int
        Number of searches, and what makes them the same every time.
    **options
        ``kind``, ``form``, ``environment``, ``normalise`` and ``homogeneous``, as for :func:`bench.sfa`.

    Raises
    ------
    ConvergenceError
        When no search ends in a maximum with enough units in every class.

    Examples
    --------
    >>> import bench
    >>> rng = np.random.default_rng(0)
    >>> x = np.exp(rng.normal(size=300))
    >>> slope = np.where(np.arange(300) < 150, 0.3, 0.9)
    >>> y = np.exp(slope * np.log(x) + (slope > 0.5) + 0.1 * rng.normal(size=300) - np.abs(0.2 * rng.normal(size=300)))
    >>> fit = latent_class(bench.Units.from_arrays(x, y), classes=2, form="cobb-douglas")
    >>> sorted(fit.coefficients()["estimate"].filter(like="ln x1").round(1).tolist())
    [0.3, 0.9]
    """
    if isinstance(classes, bool) or not isinstance(classes, int) or not 2 <= classes <= 5:
        raise OptionError(f"classes must be a whole number from 2 to 5; got {classes!r}")
    design, standard, scale = _prepare(units, options)
    unit, first = _tied(units)
    z = np.ones((len(first), 1))
    if membership:
        columns = units.values(list(membership))[first]
        z = np.column_stack([z, (columns - columns.mean(axis=0)) / np.maximum(columns.std(axis=0), 1e-300)])
    k, q = design.X.shape[1], z.shape[1]
    size = classes * (k + 2) + (classes - 1) * q
    parts = []
    for j in range(classes):
        place = j * (k + 2)
        logit = np.zeros((len(first), size))
        if j:
            begin = classes * (k + 2) + (j - 1) * q
            logit[:, begin : begin + q] = z
        parts.append(_class(design, standard, scale, size, slice(place, place + k), place + k, place + k + 1, logit))
    mixture = Mixture(tuple(parts), unit, len(first))
    rng = np.random.default_rng(sequence(seed))
    trials = [_split_start(design, standard, scale, unit, classes, size, rng, t) for t in range(starts)]
    members = LEAST_MEMBERS * (k + 2)
    best, good = highest(
        mixture,
        trials,
        [j * (k + 2) + k for j in range(classes)],
        [j * (k + 2) + k + 1 for j in range(classes)],
        members,
    )
    # Classes in order of size, so that labels do not depend on the start.
    order = np.argsort(-mixture.probabilities(best.x)[0].mean(axis=0), kind="stable")
    names: list[str] = []
    for j in range(classes):
        names += [f"class {j + 1}: {name}" for name in (*design.names, "ln σv²", "ln σu²")]
    for j in range(1, classes):
        names += [f"class {j + 1} odds: {name}" for name in ("const", *membership)]
    map_back, shift = _affine(standard, scale, classes, z, membership, units, first, size, order)
    return _result(units, design, "latent-class", names, mixture, best, map_back, shift, order, good, starts)


def zero_inefficiency(units: Units, *, share: Sequence[str] = (), **options: Any) -> MixtureResult:
    """Fit one half-normal frontier on which a share of the units is fully efficient.

    Parameters
    ----------
    units : Units
    share : sequence of str
        Columns that shift the log-odds of being efficient, added as they stand (standardised inside).
    **options
        As for :func:`latent_class`. Rows are independent: each has its own chance of being efficient.

    Examples
    --------
    >>> import bench
    >>> rng = np.random.default_rng(1)
    >>> x = np.exp(rng.normal(size=600))
    >>> u = np.where(rng.uniform(size=600) < 0.5, 0.0, np.abs(0.6 * rng.normal(size=600)))
    >>> y = x**0.5 * np.exp(0.1 * rng.normal(size=600) - u)
    >>> fit = zero_inefficiency(bench.Units.from_arrays(x, y), form="cobb-douglas")
    >>> bool(abs(fit.shares["efficient"] - 0.5) < 0.15)
    True
    """
    design, standard, scale = _prepare(units, options)
    n, k = design.X.shape
    z = np.ones((n, 1))
    if share:
        columns = units.values(list(share))
        z = np.column_stack([z, (columns - columns.mean(axis=0)) / np.maximum(columns.std(axis=0), 1e-300)])
    q = z.shape[1]
    size = k + 2 + q
    logit = np.zeros((n, size))
    logit[:, k + 2 :] = z
    efficient = _class(design, standard, scale, size, slice(0, k), k, None, logit)
    other = _class(design, standard, scale, size, slice(0, k), k, k + 1, np.zeros((n, size)))
    unit = np.arange(n)
    mixture = Mixture((efficient, other), unit, n)
    beta = standard.design.T @ design.y / (n * scale)
    trials = []
    for ratio in (0.5, 1.0, 2.0, 4.0):
        for odds in (-1.5, 0.0, 1.5):
            theta = np.zeros(size)
            noise = 1.0 / (1.0 + (1.0 - 2.0 / math.pi) * ratio**2)
            theta[:k] = beta
            theta[k], theta[k + 1] = math.log(noise), math.log(noise * ratio**2)
            theta[k + 2] = odds
            trials.append(theta)
    best, good = highest(mixture, trials, [k], [k + 1], 1.0)
    names = [*design.names, "ln σv²", "ln σu²", *(f"odds: {name}" for name in ("const", *share))]
    map_back, shift = _affine(standard, scale, 1, z, share, units, np.arange(n), size, np.array([0]))
    order = np.array([0, 1])
    return _result(units, design, "zero-inefficiency", names, mixture, best, map_back, shift, order, good, len(trials))


def _prepare(units: Units, options: dict[str, Any]) -> tuple[FrontierDesign, Standard, float]:
    for name in options:
        one_of(name, ("kind", "form", "environment", "normalise", "homogeneous"), "option")
    design = frontier_design(units, **options)
    standard = standardise(Block("frontier", design.X, design.names))
    rest = design.y - standard.design @ (standard.design.T @ design.y / len(design.y))
    spread = float(np.sqrt(np.mean(rest**2)))
    if not spread > 0.0:
        raise DataError("least squares passes through every observation: there is nothing to estimate")
    return design, standard, spread


def _tied(units: Units) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Unit of each row and the first row of each unit."""
    if units.period is None:
        rows = np.arange(len(units))
        return rows, rows
    _, first, unit = np.unique(units.frame[units.id].to_numpy(), return_index=True, return_inverse=True)
    return unit.astype(np.int64), first.astype(np.int64)


def _class(
    design: FrontierDesign,
    standard: Standard,
    scale: float,
    size: int,
    frontier: slice,
    v: int,
    u: int | None,
    logit: FloatArray,
) -> MixtureClass:
    n = len(design.y)
    e_design, v_design, u_design = (np.zeros((n, size)) for _ in range(3))
    e_design[:, frontier] = -design.sign * standard.design
    v_design[:, v] = 1.0
    u_offset = np.zeros(n)
    if u is None:
        u_offset += NO_INEFFICIENCY
    else:
        u_design[:, u] = 1.0
    return MixtureClass((design.sign * design.y / scale, np.zeros(n), u_offset), (e_design, v_design, u_design), logit)


def _affine(
    standard: Standard,
    scale: float,
    classes: int,
    z: FloatArray,
    columns: Sequence[str],
    units: Units,
    first: npt.NDArray[np.int64],
    size: int,
    order: npt.NDArray[np.int64],
) -> tuple[FloatArray, FloatArray]:
    """Map from search coordinates to the user's, with classes in their order of size."""
    k = standard.back.shape[0]
    matrix, shift = np.zeros((size, size)), np.zeros(size)
    for new, old in enumerate(order[:classes]):
        a, b = new * (k + 2), int(old) * (k + 2)
        matrix[a : a + k, b : b + k] = scale * standard.back
        matrix[a + k, b + k] = matrix[a + k + 1, b + k + 1] = 1.0
        shift[a + k] = shift[a + k + 1] = 2.0 * math.log(scale)
    q = z.shape[1]
    to_levels = np.eye(q)
    if columns:
        level = units.values(list(columns))[first]
        spread = np.maximum(level.std(axis=0), 1e-300)
        to_levels[1:, 1:] = np.diag(1.0 / spread)
        to_levels[0, 1:] = -level.mean(axis=0) / spread
    base = classes * (k + 2)
    if classes == 1:
        matrix[base:, base:] = to_levels
        return matrix, shift
    for new in range(1, classes):
        row = base + (new - 1) * q
        # Odds against the class that is now the first: those of the old class minus those of the old first one.
        for old, sign in ((int(order[new]), 1.0), (int(order[0]), -1.0)):
            if old:
                column = base + (old - 1) * q
                matrix[row : row + q, column : column + q] += sign * to_levels
    return matrix, shift


def _result(
    units: Units,
    design: FrontierDesign,
    model: str,
    names: Sequence[str],
    mixture: Mixture,
    best: Found,
    matrix: FloatArray,
    shift: FloatArray,
    order: npt.NDArray[np.int64],
    good: int,
    tried: int,
) -> MixtureResult:
    params = matrix @ best.x + shift
    reduced = matrix[:, best.free]
    covariance = reduced @ np.linalg.inv(-best.hessian) @ reduced.T
    held = np.any(matrix[:, ~best.free] != 0.0, axis=1)
    at_floor = np.any(matrix[:, ~best.free & (best.x > NO_INEFFICIENCY + 1.0)] != 0.0, axis=1)
    params[held & ~at_floor] = -np.inf
    covariance[held, :] = covariance[:, held] = np.nan
    prior, posterior = mixture.probabilities(best.x)
    k = design.X.shape[1]
    scale = math.exp(0.5 * shift[k])
    residuals, splits = [], []
    for j in order:
        e, v, u = mixture.classes[int(j)].heads(best.x)
        residuals.append(e * scale)
        sigma_v = math.exp(0.5 * v[0]) * scale
        sigma_u = math.exp(0.5 * u[0]) * scale if u[0] > NO_INEFFICIENCY + 1.0 else 0.0
        mean = math.sqrt(2.0 / math.pi) * sigma_u
        edge = "" if sigma_u > 0.0 else "sigma_u = 0"
        edge = "sigma_v = 0" if not edge and v[0] == NOISE_FLOOR else edge
        splits.append(Split(mean, sigma_u, sigma_v, "half-normal", "quasi-likelihood", math.nan, edge))
    return MixtureResult(
        units=units,
        design=design,
        model=model,
        names=tuple(names),
        params=params,
        covariance=covariance,
        loglik=best.value - len(design.y) * math.log(scale),
        prior=prior[mixture.unit][:, order],
        posterior=posterior[mixture.unit][:, order],
        residuals=np.column_stack(residuals),
        splits=tuple(splits),
        starts=good,
        tried=tried,
    )


def _split_start(
    design: FrontierDesign,
    standard: Standard,
    scale: float,
    unit: npt.NDArray[np.int64],
    classes: int,
    size: int,
    rng: np.random.Generator,
    trial: int,
) -> FloatArray:
    """Least squares in parts of the data: by the residual's level first, then by random directions."""
    n, k = design.X.shape
    x, y = standard.design, design.y / scale
    rest = y - x @ (x.T @ y / n)
    # Drawn by the rank of y and projected on the regressors' span: neither the order of rows nor of columns matters.
    rank = np.argsort(np.lexsort((rest, y)))
    first, second = rng.normal(size=(2, n))[:, rank]
    key = rest if trial == 0 else (x @ (x.T @ first)) / math.sqrt(n) * rest + 0.5 * second
    by_unit = np.bincount(unit, weights=key) / np.bincount(unit)
    edges = np.quantile(by_unit, np.linspace(0.0, 1.0, classes + 1)[1:-1])
    member = np.searchsorted(edges, by_unit)[unit]
    theta = np.zeros(size)
    for j in range(classes):
        rows = member == j
        # A little of everybody keeps small parts solvable.
        weight = np.sqrt(np.where(rows, 1.0, 0.05))
        beta = np.linalg.lstsq(weight[:, None] * x, weight * y, rcond=None)[0]
        part = (y - x @ beta)[rows]
        variance = max(float(np.mean(part**2)) if len(part) else 1.0, 1e-3)
        place = j * (k + 2)
        theta[place : place + k] = beta
        theta[place + k] = theta[place + k + 1] = math.log(0.6 * variance)
    return theta
