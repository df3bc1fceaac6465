"""From data to the concave fit and back: signs, scales, returns to scale, canonical slopes and the certificate.

A convex cost function is a concave function with all signs turned, so one solver serves both. Constant returns to scale
make the function homogeneous: it is then a concave function of shares, one dimension down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import numpy as np

from bench.errors import ConvergenceError, DataError, Issue
from bench.options import RTS_ALIASES, one_of
from bench.stochastic.convex.afriat import fit_concave, pair_room
from bench.stochastic.convex.interior_point import ConcaveFit, Shape
from bench.stochastic.convex.losses import ExpectileLoss, LogLoss, Loss, QuantileLoss, SquaredLoss
from bench.stochastic.convex.supporting_slopes import ConvexRts, nearest_slopes
from bench.stochastic.observations import Observations, require_positive
from bench.typing import FloatArray, IntArray

LossName = Literal["squared", "log", "expectile", "quantile"]

#: Points closer than this share of a column's spread are one point: no slope can tell them apart.
SAME_POINT = 1e-6

#: Where points that almost coincide let no step be computed, those this close are taken as one instead: the function
#: is then fitted at one of them, and moves by its slope times as much between them.
NEAR_POINTS = (1e-5, 1e-4, 1e-3, 1e-2)


@dataclass(frozen=True, slots=True)
class FitCertificate:
    """How well the conditions of optimality hold over all n² inequalities, in scaled measures.

    The dependent variable has a standard deviation of one there (its logarithm, a multiplicative error, is unscaled).

    Attributes
    ----------
    primal : float
        Largest violation of concavity, monotonicity or returns to scale.
    dual : float
        Largest violation of stationarity or of a multiplier's sign.
    gap : float
        Complementarity, relative to one plus the loss: how far the loss can be from its minimum.
    inequalities : int
        Number of inequalities checked.
    """

    primal: float
    dual: float
    gap: float
    inequalities: int

    @property
    def worst(self) -> float:
        """Largest of the three residuals."""
        return max(self.primal, self.dual, self.gap)


@dataclass(frozen=True, slots=True)
class ConcaveFrontier:
    """A fitted function in the measures of the data.

    Attributes
    ----------
    fitted : array (N,)
        φ(x_i), without the environment.
    intercept : array (N,)
    slope : array (N, d)
        Supporting hyperplane of each observation: φ(x) = intercept_i + slope_i'x at x_i.
    delta : array (p,)
    delta_cov, delta_cov_robust : array (p, p)
    residual : array (N,)
        y − φ − z'δ, or ln y − ln φ − z'δ with a multiplicative error.
    dimension : float
        Effective number of parameters of the function.
    loss : float
        Minimum of the loss in scaled measures.
    certificate : FitCertificate
    steps, rounds : int
    same_point : float
        Share of the regressors' spread within which points counted as one.
    """

    fitted: FloatArray
    intercept: FloatArray
    slope: FloatArray
    delta: FloatArray
    delta_cov: FloatArray
    delta_cov_robust: FloatArray
    residual: FloatArray
    dimension: float
    loss: float
    certificate: FitCertificate
    steps: int
    rounds: int
    same_point: float


def convex_rts(rts: str) -> ConvexRts:
    """Return one of the four convex technologies."""
    return cast(ConvexRts, one_of(rts, ("vrs", "crs", "drs", "irs"), "rts", RTS_ALIASES))


def fit_frontier(
    data: Observations, *, rts: ConvexRts, loss: LossName, tau: float = 0.5, monotone: bool = True
) -> ConcaveFrontier:
    """Fit a concave production or convex cost function.

    Raises
    ------
    DataError
        Negative regressors where returns to scale need an origin, a value without logarithm, collinear environment.
    ConvergenceError
        When the interior-point method does not reach its gap.
    """
    if loss == "log":
        require_positive(data)
    failure: ConvergenceError | None = None
    points = 0
    for near in (SAME_POINT, *NEAR_POINTS):
        problem = _Problem(data, rts, loss, tau, monotone, near)
        if failure is not None and len(problem.places) == points:
            continue
        points = len(problem.places)
        try:
            return problem.back(fit_concave(problem.shape(), problem.loss, np.zeros(data.z.shape[1])))
        except ConvergenceError as error:
            failure = failure or error
    assert failure is not None  # every round has returned or failed
    raise failure


class _Problem:
    """The scaled problem: production, spread one, one support point per distinct place (or ray, under crs)."""

    def __init__(
        self, data: Observations, rts: ConvexRts, loss: LossName, tau: float, monotone: bool, near: float = SAME_POINT
    ):
        self.near = near
        self.data, self.rts, self.loss_name, self.monotone = data, rts, loss, monotone
        self.sign = 1 if data.kind == "production" else -1
        self.tau = tau if self.sign > 0 else 1.0 - tau
        if rts != "vrs":
            _require_origin(data, rts)
        self.x_scale = _spread(data.x) if rts == "vrs" else _size(data.x)
        self.x = self.sign * data.x / self.x_scale
        self.z_scale = _spread(data.z)
        self._environment()
        self._dependent()
        self._supports()

    def _environment(self) -> None:
        z = self.data.z / self.z_scale
        centred = z - z.mean(axis=0)
        if z.shape[1] and np.linalg.matrix_rank(centred, tol=1e-8 * np.sqrt(len(z))) < z.shape[1]:
            raise DataError(
                [
                    Issue(
                        "collinear",
                        f"the environment columns {', '.join(self.data.z_names)} are linearly dependent",
                        "leave one of them out",
                    )
                ]
            )
        self.z = z if self.loss_name == "log" else self.sign * z

    def _dependent(self) -> None:
        y = self.data.y
        if self.loss_name == "log":
            self.centre, self.y_scale = 0.0, float(np.exp(np.mean(np.log(y))))
            self.y = np.log(y / self.y_scale)
        else:
            self.centre = float(y.mean()) if self.rts == "vrs" else 0.0
            spread = float(y.std())
            self.y_scale = spread if spread > 1e-12 * float(np.abs(y).max()) else max(float(np.abs(y).max()), 1.0)
            self.y = self.sign * (y - self.centre) / self.y_scale

    def _supports(self) -> None:
        self.size = np.abs(self.x).sum(axis=1) if self.rts == "crs" else np.ones(len(self.x))
        places = self.x[:, :-1] / self.size[:, None] if self.rts == "crs" else self.x
        self.group = _clusters(places, self.near)
        _, self.first = np.unique(self.group, return_index=True)
        self.places = places[self.first]

    def shape(self) -> Shape:
        """Rows of single points and a strictly feasible start."""
        n, d = self.places.shape
        eye = np.broadcast_to(np.eye(d), (n, d, d))
        here = self.places[:, None, :]
        level, slope = np.zeros(0), np.zeros((n, 0, d))
        if self.rts == "crs" and self.monotone:
            # β_k = γ_k + s·α for the first d − 1 regressors and s·α for the last, with α = θ − γ'q.
            level = np.full(d + 1, float(self.sign))
            slope = np.concatenate([eye, np.zeros((n, 1, d))], axis=1) - self.sign * here
        elif self.rts != "crs" and self.monotone:
            level, slope = np.zeros(d), eye.copy()
        if self.rts in ("drs", "irs"):
            side = 1.0 if self.rts == "drs" else -1.0
            level = np.append(level, side)
            slope = np.concatenate([slope, -side * here], axis=1)
        start, start_slope = self._start()
        return Shape(self.places, level, np.ascontiguousarray(slope), start, start_slope)

    def _start(self) -> tuple[FloatArray, FloatArray]:
        """A concave parabola with room in every inequality."""
        centre = self.places.mean(axis=0) if self.rts == "vrs" else np.zeros(self.places.shape[1])
        q = self.places - centre
        reach = np.abs(q).max(axis=0, initial=0.0)
        bend = 1.0 / max(float(np.sum(reach**2)), 1e-12) if q.shape[1] else 1.0
        tilt = 1.5 * bend * (reach if self.rts != "crs" else 0.0 * reach)
        sag = 0.5 * bend * np.sum(q**2, axis=1)
        if self.rts == "crs":
            constant = 3.0 * self.sign * bend
        else:
            tilt = tilt + 0.1
            constant = {"vrs": 0.0, "drs": 1.0, "irs": -1.2 * float(sag.max()) - 0.1}[self.rts]
        signed = self.loss_name == "log" and self.rts in ("drs", "irs")
        if signed and self.sign * (1 if self.rts == "irs" else -1) > 0:
            # The constant pulls to the wrong side of zero: lift the smallest unit over it.
            tilt = tilt + 2.0 * (abs(constant) + float(sag.max())) / float(np.abs(q).sum(axis=1).min())
        level = constant + q @ tilt - sag
        if self.rts == "vrs":
            level = level - level.mean()
            if self.loss_name == "log":
                level = level + self.sign * (float(np.abs(level).max()) + 0.5)
            return level, tilt - bend * q
        target = float(np.mean(np.abs(self.y if self.loss_name != "log" else np.exp(self.y))))
        factor = target / float(np.mean(np.abs(self.size * level[self.group])))
        return factor * level, factor * (tilt - bend * q)

    def loss(self) -> Loss:
        """Return a fresh loss."""
        data = (self.y, self.group, self.size, self.z, len(self.places))
        if self.loss_name == "log":
            return LogLoss(*data, sign=self.sign)
        if self.loss_name == "expectile":
            return ExpectileLoss(*data, tau=self.tau)
        if self.loss_name == "quantile":
            return QuantileLoss(*data, tau=self.tau)
        return SquaredLoss(*data)

    # -- back to the measures of the data ------------------------------------------------------------------

    def back(self, fit: ConcaveFit) -> ConcaveFrontier:
        """Return the fit in the measures of the data."""
        size = self.size[self.first]
        x, value = self.x[self.first], size * fit.theta
        given = self._full_slope(fit)
        slope = nearest_slopes(x, value, given, self.rts, self.monotone)
        certificate = self._certificate(fit, x, value, slope)
        beta = (slope * (self.y_scale / self.x_scale))[self.group]
        fitted = self.sign * self.y_scale * (self.size * fit.theta[self.group]) + self.centre
        unit = 1.0 if self.loss_name == "log" else self.y_scale
        back = unit / self.z_scale
        if self.loss_name == "log":
            residual = fit.loss.residual(fit.theta, fit.delta)
        else:
            residual = self.data.y - fitted - self.data.z @ (fit.delta * back)
        cov, robust = self._covariances(fit)
        intercept = fitted - np.sum(beta * self.data.x, axis=1)
        return ConcaveFrontier(
            fitted=fitted,
            intercept=np.zeros_like(fitted) if self.rts == "crs" else intercept,
            slope=beta,
            delta=fit.delta * back,
            delta_cov=cov * np.outer(back, back),
            delta_cov_robust=robust * np.outer(back, back),
            residual=residual,
            dimension=fit.dimension,
            loss=fit.loss.value(fit.theta, fit.delta),
            certificate=certificate,
            steps=fit.steps,
            rounds=fit.rounds,
            same_point=self.near,
        )

    def _full_slope(self, fit: ConcaveFit) -> FloatArray:
        """Slopes in all regressors: under crs the last one follows from homogeneity."""
        if self.rts != "crs":
            return fit.slope
        last = self.sign * (fit.theta - np.sum(fit.slope * self.places, axis=1))
        return np.column_stack([fit.slope + last[:, None], last])

    def _certificate(self, fit: ConcaveFit, x: FloatArray, value: FloatArray, slope: FloatArray) -> FitCertificate:
        """Check the conditions of optimality with the slopes that are reported."""
        n, d = x.shape
        size = self.size[self.first]
        price = fit.pair_multiplier / size[fit.pair_j]
        expansion = fit.loss.expand(fit.theta, fit.delta)
        out = np.bincount(fit.pair_i, weights=price, minlength=n)
        into = np.bincount(fit.pair_j, weights=price, minlength=n)
        # What is left of the price of θ_i = α_i + β_i'x_i after the pairs: the price of the intercept's sign.
        left = expansion.gradient_theta / size + into - out
        pull = np.zeros((n, d))
        np.add.at(pull, fit.pair_i, price[:, None] * (x[fit.pair_i] - x[fit.pair_j]))
        alpha = value - np.sum(slope * x, axis=1)
        wrong = {"vrs": np.abs(left), "drs": -left, "irs": left, "crs": np.zeros(n)}[self.rts]
        if self.rts != "vrs":
            pull += left[:, None] * x
        sign_error = -pull if self.monotone else np.abs(pull)
        dual = [0.0, float(wrong.max()), float(sign_error.max()), fit.loss.infeasibility()]
        dual += [float(np.abs(g)) for g in expansion.gradient_delta]
        room = pair_room(value, slope, x)
        alpha_error = {"vrs": np.zeros(n), "drs": -alpha, "irs": alpha, "crs": np.abs(alpha)}[self.rts]
        primal = [0.0, float(-room.min()), float(alpha_error.max())]
        if self.monotone:
            primal.append(float(-slope.min()))
        gap = float(np.sum(price * np.abs(room[fit.pair_i, fit.pair_j])) + np.sum(np.abs(pull * slope)))
        if self.rts in ("drs", "irs"):
            gap += float(np.sum(np.abs(left * alpha)))
        gap = (gap + fit.loss.products(0.0)) / (1.0 + abs(fit.loss.value(fit.theta, fit.delta)))
        count = n * (n - 1) + (n * d if self.monotone else 0) + (n if self.rts != "vrs" else 0)
        return FitCertificate(max(primal), max(dual), gap, count)

    def _covariances(self, fit: ConcaveFit) -> tuple[FloatArray, FloatArray]:
        """Covariances of δ on the active face: homoskedastic, and robust to unequal variances."""
        p = len(fit.delta)
        if not p or self.loss_name == "quantile":
            return np.full((p, p), np.nan), np.full((p, p), np.nan)
        residual = fit.loss.residual(fit.theta, fit.delta)
        weight = fit.loss.weights(fit.theta, fit.delta) if isinstance(fit.loss, SquaredLoss) else np.ones(len(residual))
        answer = self.size if self.loss_name != "log" else 1.0 / fit.theta[self.group]
        clean = self.z - answer[:, None] * fit.partial[self.group]
        scale = np.sqrt(np.diagonal(fit.loss.expand(fit.theta, fit.delta).corner))
        if np.linalg.eigvalsh(fit.information / np.outer(scale, scale))[0] < 1e-9:
            raise DataError(
                [
                    Issue(
                        "collinear",
                        f"the frontier can take the place of the environment ({', '.join(self.data.z_names)})",
                        "leave the column out, or give more observations: its coefficient is not identified",
                    )
                ]
            )
        bread = np.linalg.inv(fit.information)
        free = len(residual) - fit.dimension - p
        if free <= 0.0:
            return np.full((p, p), np.nan), np.full((p, p), np.nan)
        score = (weight * residual)[:, None] * clean
        variance = float(np.sum((weight * residual) ** 2)) / free
        meat = score.T @ score * (len(residual) / free)
        plain = bread @ (clean.T @ clean) @ bread if self.loss_name == "expectile" else bread
        return np.asarray(variance * plain, dtype=np.float64), np.asarray(bread @ meat @ bread, dtype=np.float64)


def _require_origin(data: Observations, rts: str) -> None:
    issues = [
        Issue(
            "negative-value",
            f"rts={rts!r} needs an origin: regressors must not be negative",
            'use rts="vrs", or correct the value',
            column=data.x_names[k],
            unit=str(data.index[int(i)]),
            value=f"{data.x[i, k]:g}",
        )
        for i, k in zip(*np.nonzero(data.x < 0.0), strict=True)
    ]
    issues += [
        Issue(
            "all-zero",
            f"rts={rts!r} cannot place a unit whose regressors are all zero",
            'leave the unit out, or use rts="vrs"',
            unit=str(data.index[int(i)]),
        )
        for i in np.flatnonzero(~(data.x > 0.0).any(axis=1))
    ]
    if issues:
        raise DataError(issues)


def _clusters(places: FloatArray, near: float) -> IntArray:
    """Number the distinct points; those within ``near`` of one another share a number."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import KDTree

    n, d = places.shape
    if d == 0:
        return np.zeros(n, dtype=np.int64)
    _, exact = np.unique(places, axis=0, return_inverse=True)
    exact = exact.reshape(-1)
    first = np.unique(exact, return_index=True)[1]
    pairs = KDTree(places[first]).query_pairs(near, output_type="ndarray")
    links = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(first), len(first)))
    number = connected_components(links, directed=False)[1]
    merged: IntArray = number[exact].astype(np.int64)
    return merged


def _spread(columns: FloatArray) -> FloatArray:
    spread = columns.std(axis=0)
    size = np.abs(columns).max(axis=0, initial=0.0)
    return np.where(spread > 1e-12 * size, spread, np.where(size > 0.0, size, 1.0))


def _size(columns: FloatArray) -> FloatArray:
    size = np.abs(columns).mean(axis=0)
    return np.where(size > 0.0, size, 1.0)
