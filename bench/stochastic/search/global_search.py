"""The global search of a homoskedastic cross-section: starts, Newton, boundaries.

The likelihood of a composed error has an interior maximum, a stationary point at σu = 0 (least squares) and a finite
limit as σv → 0 (a deterministic frontier); distributions with a shape have further limits. Every one that is
higher than the interior maximum, or that is the only maximum, is named with its consequence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.stochastic.likelihood import starts
from bench.stochastic.likelihood.cross_section import CrossSection
from bench.stochastic.likelihood.sfa_distributions import DISTRIBUTIONS
from bench.stochastic.likelihood.starts import LeastSquares, Start
from bench.stochastic.search import deterministic
from bench.stochastic.search.newton import Maximum, maximise
from bench.typing import FloatArray

#: Coefficients to whether a search has reached a boundary.
Stop = Callable[[FloatArray], bool]

#: ln of a variance relative to the residual's below which it counts as zero (a ratio of standard deviations of 3e-5).
VANISHED = -20.0

#: The same for σu, whose maximum is the cube root of the skewness: at −9 (σu one hundredth of the spread) that is 3e-7.
VANISHED_U = -9.0

#: And where the residuals are skewed the wrong way: there the likelihood falls in σu from zero on (Waldman 1982).
VANISHED_U_WRONG_SKEW = -5.0

#: A search that comes this near (in every coefficient) to a root already found is ended there.
MERGED = 0.03

#: Ratio μ/σu below which a truncated normal is an exponential to two digits, and the likelihood a flat ridge.
RATIO_LIMIT = -14.0

#: Names of the two limits that every model has.
NO_INEFFICIENCY, NO_NOISE = "sigma_u = 0", "sigma_v = 0"

#: A logistic path with fewer than two periods on its slope, which no finite coefficients reach.
STEP = "path -> step"

#: Up to so many rows the limit without noise is computed even when no search has met it.
FEW = 300

#: Edges of a shape, where the value is that of the search's end.
SHAPE_EDGES = ("shape -> infinity", "shape -> 0", "ln u without spread", "ln u without bound")

#: Limits of a log shape.
SHAPE_LIMIT = 4.6

#: Up to SMALL rows a search starts from every variance share, up to MODERATE from the best four, up to LARGE from two.
SMALL, MODERATE, LARGE = 400, 800, 4000

#: Above so many rows a search starts on every k-th row first.
_SUBSAMPLE = 8000


@dataclass(frozen=True, slots=True)
class Boundary:
    """A limit of the model where the likelihood is finite.

    Attributes
    ----------
    name : str
        Such as ``"sigma_v = 0"``.
    loglik : float
        Log-likelihood there (for a supremum: its limit).
    gain : float
        How much higher than the reported maximum; not positive when it is lower.
    chosen : bool
        Whether the reported solution lies there, because no interior maximum exists.
    consequence : str
        What follows for a reader.
    """

    name: str
    loglik: float
    gain: float
    chosen: bool
    consequence: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """One search: where it started, the log-likelihood it reached and how it ended."""

    start: str
    loglik: float
    status: str


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """The outcome of a global search.

    Attributes
    ----------
    maximum : Maximum or None
        The best interior root; None when there is none.
    start : str
        The start that won.
    candidates : tuple of Candidate
        Every search.
    limits : dict of str to (float, array)
        Boundary name to log-likelihood and coefficients there: of the frontier (k,), of the whole model (p,), or for
        μ → −∞ of the exponential model (k + 2,).
    """

    maximum: Maximum | None
    start: str
    candidates: tuple[Candidate, ...]
    limits: dict[str, tuple[float, FloatArray]]


def search(problem: CrossSection, ols: LeastSquares, thorough: bool = True) -> Search:
    """Find the best interior root and the limits of a homoskedastic cross-section.

    Parameters
    ----------
    problem : CrossSection
        With one coefficient each for v, u and m, and a dependent variable of unit residual spread.
    ols : LeastSquares
        Of the same data.
    thorough : bool
        Whether small samples are searched from every variance share; otherwise from the best and one large share.
    """
    points = screen(problem, ols)
    large = next(point for point in points if point.share > 0.8)
    candidates: list[Candidate] = []
    best: Maximum | None = None
    won = ""
    reached: list[Maximum] = []
    floor = VANISHED_U_WRONG_SKEW if ols.skewness > 1e-4 else VANISHED_U
    ends = 0
    for start in _chosen(points, len(problem.offset)) if thorough else [points[0], large]:
        if ends >= 2 and start.share < 0.6:
            # Small shares lead to σu = 0, as two of them have shown; another root would have a large one.
            continue
        found = climb(problem, start.theta, floor=floor, known=reached)
        status = classify(problem, found, floor)
        if status == "not converged" and near_root(found.x, reached):
            status = "a root already found"
        ends += status == "sigma_u = 0"
        candidates.append(Candidate(start.label, found.value, status))
        if status == "interior" and (best is None or found.value > best.value + 1e-9):
            best, won = found, start.label
        reached.append(found)
    limits = _limits(problem, ols, best, reached)
    for candidate, end in zip(candidates, reached, strict=True):
        if candidate.status in SHAPE_EDGES and end.value > limits.get(candidate.status, (-math.inf,))[0]:
            limits[candidate.status] = (end.value, end.x)
    ridge = limits.get("mu -> -infinity")
    if ridge is not None:
        candidates = [_on_ridge(candidate, ridge[0]) for candidate in candidates]
    return Search(best, won, tuple(candidates), limits)


def _on_ridge(candidate: Candidate, limit: float) -> Candidate:
    """A search of a truncated normal that crawled along the ridge towards its exponential limit."""
    if candidate.status == "not converged" and abs(candidate.loglik - limit) < 0.1:
        return Candidate(candidate.start, candidate.loglik, "mu -> -infinity")
    return candidate


def near_root(x: FloatArray, known: Sequence[Maximum]) -> bool:
    """Whether a point is so near one of these maxima that a search from it would end there."""
    return any(root.converged and np.max(np.abs(x - root.x)) < MERGED for root in known)


def climb(
    problem: CrossSection, theta: FloatArray, floor: float = VANISHED_U, known: Sequence[Maximum] = ()
) -> Maximum:
    """Newton from a point, first on a subsample when there are many rows; ended at a boundary or a known root."""
    vanished = vanishing(problem, floor)

    def stop(x: FloatArray) -> bool:
        return vanished(x) or near_root(x, known)

    n = len(problem.offset)
    if n > _SUBSAMPLE:
        stride = n // (_SUBSAMPLE // 2)
        part = CrossSection(
            np.ascontiguousarray(problem.offset[::stride]),
            tuple(np.ascontiguousarray(design[::stride]) for design in problem.designs),
            problem.distribution,
            None if problem.weights is None else np.ascontiguousarray(problem.weights[::stride]),
        )
        rough = maximise(part.evaluate, theta, stop=stop, decrement=1e-6)
        if rough.converged:
            theta = rough.x
    return maximise(problem.evaluate, theta, stop=stop)


def classify(problem: CrossSection, found: Maximum, floor: float = VANISHED_U) -> str:
    """Say where a search ended: interior, a named boundary, or not converged."""
    v, u, m = _scalars(problem, found.x)
    if v < VANISHED + 2.0:
        return "sigma_v = 0"
    if u < floor and not problem.distribution.free_of_scale:
        return "sigma_u = 0"
    kind = problem.distribution.location
    if kind in ("mean", "ratio"):
        ratio = m if kind == "ratio" else m * math.exp(-0.5 * u)
        if ratio < 0.9 * RATIO_LIMIT:
            return "mu -> -infinity"
    if kind == "shape" and abs(m) > 0.98 * SHAPE_LIMIT:
        return "shape -> infinity" if m > 0 else "shape -> 0"
    if kind == "log-mean" and (u < VANISHED / 2 or u > 3.0):
        return "ln u without spread" if u < 0 else "ln u without bound"
    return "interior" if found.converged else "not converged"


def vanishing(problem: CrossSection, floor: float) -> Stop:
    """Return the test that ends a search at a boundary."""
    kind = problem.distribution.location

    def stop(theta: FloatArray) -> bool:
        v, u, m = _scalars(problem, theta)
        if v < VANISHED or (u < floor and kind != "log-mean"):
            return True
        if kind == "mean":
            return m * math.exp(-0.5 * u) < RATIO_LIMIT
        if kind == "ratio":
            return m < RATIO_LIMIT
        if kind == "shape":
            return abs(m) > SHAPE_LIMIT
        return kind == "log-mean" and (u < VANISHED / 2 or u > 3.5)

    return stop


def _scalars(problem: CrossSection, theta: FloatArray) -> tuple[float, float, float]:
    """Largest v and u over the rows' designs' first row, and m there: exact for constant heads."""
    values = [
        float(design[0] @ theta[part]) if level is None else level * float(theta[part.start])
        for design, part, level in zip(problem.designs[1:], problem.slices[1:], problem.level[1:], strict=True)
    ]
    return values[0], values[1], values[2] if len(values) > 2 else 0.0


def screen(problem: CrossSection, ols: LeastSquares) -> list[Start]:
    """Evaluate the grid, on a subsample when there are many rows; best first."""
    n = len(problem.offset)
    stride = max(1, n // 500)
    rows = slice(None, None, stride)
    residual = np.ascontiguousarray(ols.residual[rows])
    # Coefficients that shift every error by one: the intercept, wherever it stands.
    lift = problem.designs[0].T @ np.ones(n) / n
    unit = [1.0 / problem.designs[head][0, 0] for head in range(1, len(problem.designs))]
    shares = (starts.skew_share(problem.distribution, ols.skewness), *starts.SHARES)
    found: list[Start] = []
    for seed in problem.distribution.seeds:
        for position, share in enumerate(shares):
            v, u, m, mean = starts.moment_point(problem.distribution, share, seed)
            value = problem.distribution.log_likelihood(residual - mean, v, u, m)
            label = "corrected least squares" if position == 0 else f"grid, Var(u) share {share:g}"
            if len(problem.distribution.seeds) > 1:
                label += f", {problem.distribution.label} seed {seed:g}"
            tail = [a * b for a, b in zip((v, u, m), unit, strict=False)]
            # The designs carry −s X, so a coefficient change of −s·lift moves the errors by −mean.
            theta = np.concatenate([ols.beta - lift * mean, tail])
            found.append(Start(label, theta, value, share))
    return sorted(found, key=lambda start: -start.value if np.isfinite(start.value) else math.inf)


def _chosen(points: list[Start], n: int) -> list[Start]:
    """Points to search from: the best, and where samples are small enough to have several roots, others far from it."""
    if n > MODERATE:
        return points[: 1 if n > LARGE else 2]
    if n > SMALL:
        return points[:4]
    # One point per variance share, whichever seed of the location serves it best; the best two of all come first.
    chosen = points[:2]
    for share in {point.share for point in points}:
        best = next(point for point in points if point.share == share)
        if best not in chosen:
            chosen = [*chosen, best]
    return chosen


def _limits(
    problem: CrossSection, ols: LeastSquares, best: Maximum | None, reached: Sequence[Maximum]
) -> dict[str, tuple[float, FloatArray]]:
    limits: dict[str, tuple[float, FloatArray]] = {NO_INEFFICIENCY: (ols.loglik, ols.beta)}
    if problem.distribution.name in ("half-normal", "exponential") and problem.weights is None:
        limit = deterministic_limit(problem, best.value if best is not None else ols.loglik)
    else:
        limit = _silent_limit(problem, best, reached)
    if limit is not None:
        limits[NO_NOISE] = limit
    if problem.distribution.location in ("mean", "ratio"):
        nested = nested_exponential(problem, ols)
        if nested is not None:
            limits["mu -> -infinity"] = nested
    return limits


def _silent_limit(
    problem: CrossSection, best: Maximum | None, reached: Sequence[Maximum]
) -> tuple[float, FloatArray] | None:
    """The limit σv → 0 of a distribution without a program of its own: coefficients (p,).

    Where no closed form is finite, the value is the highest that a search met on its way there.
    """
    from bench.stochastic.search.noiseless import noise_to_zero

    ends = [end for end in reached if _scalars(problem, end.x)[0] < VANISHED + 2.0]
    starts = [end.x for end in ends]
    if not starts and best is not None and len(problem.offset) <= FEW:
        starts = [best.x]
    found = [limit for limit in (noise_to_zero(problem, x) for x in starts[:3]) if limit is not None]
    if not found:
        found = [(end.value, end.x) for end in ends if np.isfinite(end.value)]
    return max(found, key=lambda limit: limit[0], default=None)


def nested_exponential(problem: CrossSection, ols: LeastSquares) -> tuple[float, FloatArray] | None:
    """Log-likelihood and coefficients (k + 2,) of the exponential model, the limit of a truncated normal as μ → −∞."""
    inner = CrossSection(problem.offset, problem.designs[:3], DISTRIBUTIONS["exponential"], problem.weights)
    points = screen(inner, ols)
    found = climb(inner, points[0].theta)
    return (found.value, found.x) if classify(inner, found) == "interior" else None


def deterministic_limit(problem: CrossSection, floor: float) -> tuple[float, FloatArray] | None:
    """Log-likelihood and frontier as σv → 0 of half-normal or exponential; None where it is surely below ``floor``."""
    name = problem.distribution.name
    # In these coordinates e = offset + D β must be ≤ 0: the plane −Dβ lies above the offset.
    x, y = -problem.designs[0], problem.offset
    n = len(y)
    if n <= x.shape[1]:
        return None
    bound = deterministic.distance_bound(x, y)
    if name == "half-normal":
        # Σu² at which the limit would equal the floor: beyond it the envelope is of no interest.
        enough = n / (2.0 * math.pi) * math.exp(min(2.0 * (math.log(2.0) - 0.5 - floor / n), 600.0))
        if bound > enough:
            return None
        envelope = deterministic.quadratic_envelope_below(x, y, enough, orthogonal=True)
        if envelope is None:
            return None
        beta, u = envelope
        return deterministic.half_normal_limit(u)[0], beta
    # Σu ≥ Σu²/max u; no bound as cheap holds, so large samples rely on the interior root having been found.
    if n > 5000:
        return None
    beta, u = deterministic.linear_envelope(x, y)
    return deterministic.exponential_limit(u)[0], beta
