"""Efficiency requirements: the distance to the norm as a path of yearly cuts, with a general requirement on top."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from bench.errors import OptionError
from bench.norms._arrays import share, vector
from bench.options import one_of
from bench.typing import FloatArray

Path = Literal["linear", "compound", "glide"]
PATHS: tuple[Path, ...] = get_args(Path)


@dataclass(frozen=True, slots=True)
class RequirementPath:
    """Requirements of the units of one scheme over the period.

    Attributes
    ----------
    gap : array (n,)
        Share of base cost above the norm that is asked for, after tolerance, floor and exemptions.
    individual, general, requirement : array (n, years)
        Share of the year before's allowed cost: own gap, general requirement, both together.
    allowed_cost : array (n, years)
        Cost allowed at the end of each year in base-year prices, NOK.
    requirement_nok : array (n, years)
        Fall in allowed cost from the year before, NOK.
    """

    gap: FloatArray
    individual: FloatArray
    general: FloatArray
    requirement: FloatArray
    allowed_cost: FloatArray
    requirement_nok: FloatArray


def requirement_path(
    base_cost: npt.ArrayLike,
    norm: npt.ArrayLike,
    *,
    years: int,
    general: float | npt.ArrayLike = 0.0,
    path: Path = "linear",
    glide: float | None = None,
    individual_share: float = 1.0,
    max_gap: float | None = None,
    tolerance: float = 0.0,
    max_yearly: float | None = None,
    min_yearly: float = 0.0,
    influenceable: npt.ArrayLike | None = None,
    exempt: npt.ArrayLike | None = None,
    rests: npt.ArrayLike | None = None,
) -> RequirementPath:
    """Turn the distance to a norm into yearly requirements.

    Parameters
    ----------
    base_cost, norm : array (n,)
        NOK in the base year. A unit at or below its norm has no individual requirement.
    years : int
        Length of the period.
    general : float or array (years,)
        General requirement on every unit, share per year, compounded (the Norwegian reform that cut 0.5 % a year is
        0.005).
    path : {"linear", "compound", "glide"}
        ``"linear"``: the same amount of money each year (ARegV § 16). ``"compound"``: the same per cent each year.
        ``"glide"``: the share ``glide`` of what remains each year, so the gap is not quite closed.
    glide : float, optional
        Share per year, for ``path="glide"`` only.
    individual_share : float
        Share of the gap that is asked for over the period.
    max_gap : float, optional
        Largest gap that is asked for over the whole period (0.4 is an efficiency floor of 0.6).
    tolerance : float
        Gap below which nothing is asked, as a share of cost: the model's own error.
    max_yearly : float, optional
        Largest individual requirement in one year. What a cap leaves over is not moved to later years.
    min_yearly : float
        Least requirement in one year, individual and general together; exempt units are not lifted to it.
    influenceable : array (n,), optional
        Share of base cost that the requirement bites on, from 0 to 1; the rest passes through. All of it by default.
    exempt : array (n,) of bool, optional
        Units without an individual requirement.
    rests : array (n, years) of bool, optional
        Years in which nothing is asked of a unit, neither its own part nor the general one. What rests is not asked for
        later.

    Returns
    -------
    RequirementPath

    Examples
    --------
    >>> r = requirement_path([100.0], [80.0], years=4)
    >>> r.allowed_cost.round(6).tolist()
    [[95.0, 90.0, 85.0, 80.0]]
    """
    path = one_of(path, PATHS, "path")  # type: ignore[assignment]
    if isinstance(years, bool) or not isinstance(years, int) or years < 1:
        raise OptionError(f"years must be a whole number from 1, not {years!r}")
    if (glide is None) == (path == "glide"):
        raise OptionError("glide belongs to path='glide', and is needed there")
    cost = vector(base_cost, "base_cost", positive=True)
    gap = _gap(cost, vector(norm, "norm", cost.size, positive=True), tolerance, max_gap, exempt)
    gap = gap * share(individual_share, "individual_share")
    remaining = _remaining(gap, years, path, glide)
    before = np.hstack([np.ones((cost.size, 1)), remaining[:, :-1]])
    individual = 1.0 - remaining / before
    if max_yearly is not None:
        individual = np.minimum(individual, share(max_yearly, "max_yearly"))
    yearly = np.broadcast_to(np.asarray(general, dtype=np.float64), (years,))
    if ((yearly < 0) | (yearly >= 1)).any():
        raise OptionError("the general requirement must be a share from 0 to below 1")
    requirement = 1.0 - (1.0 - individual) * (1.0 - yearly)
    least = np.where(np.zeros(cost.size, dtype=bool) if exempt is None else np.asarray(exempt), 0.0, min_yearly)
    requirement = np.maximum(requirement, least[:, None])
    shared = np.broadcast_to(yearly, individual.shape).copy()
    if rests is not None:
        still = np.asarray(rests)
        if still.shape != individual.shape or still.dtype != bool:
            raise OptionError(f"rests must be {individual.shape} times True or False")
        individual, shared, requirement = (np.where(still, 0.0, part) for part in (individual, shared, requirement))
    bites = np.ones(cost.size) if influenceable is None else vector(influenceable, "influenceable", cost.size)
    if (bites > 1.0).any():
        raise OptionError("influenceable is a share of cost, from 0 to 1")
    allowed = cost[:, None] * (1.0 - bites[:, None] + bites[:, None] * np.cumprod(1.0 - requirement, axis=1))
    start = np.hstack([cost[:, None], allowed[:, :-1]])
    return RequirementPath(
        gap=gap,
        individual=individual,
        general=shared,
        requirement=requirement,
        allowed_cost=allowed,
        requirement_nok=start - allowed,
    )


def _gap(
    cost: FloatArray, norm: FloatArray, tolerance: float, max_gap: float | None, exempt: npt.ArrayLike | None
) -> FloatArray:
    gap = np.maximum(1.0 - norm / cost, 0.0)
    # 1 − 0.98 is a hair above 0.02 in binary: a gap at the tolerance counts as within it.
    gap = np.where(gap <= share(tolerance, "tolerance") + 1e-12, 0.0, gap)
    if max_gap is not None:
        gap = np.minimum(gap, share(max_gap, "max_gap"))
    if exempt is not None:
        free = np.asarray(exempt)
        if free.shape != gap.shape or free.dtype != bool:
            raise OptionError(f"exempt must be {gap.size} times True or False")
        gap = np.where(free, 0.0, gap)
    return np.asarray(gap)


def _remaining(gap: FloatArray, years: int, path: str, glide: float | None) -> FloatArray:
    """Allowed share of base cost at the end of each year, array (n, years)."""
    t = np.arange(1, years + 1)
    if path == "compound":
        return np.asarray((1.0 - gap)[:, None] ** (t / years))
    removed = t / years if glide is None else 1.0 - (1.0 - share(glide, "glide")) ** t
    return np.asarray(1.0 - gap[:, None] * removed)
