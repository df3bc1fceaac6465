"""Frontiers whose shape is imposed: monotone in every service and input, concave in prices.

A benchmark price is a marginal cost, and a marginal cost must not be negative; an unconstrained translog breaks that
at many units. :func:`shaped_sfa` fits the same half-normal frontier with the shape as linear inequalities, and shows
both fits side by side: what breaks without the constraint, and what the constraint costs in likelihood.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench.stochastic.frontier.sfa import sfa
from bench.stochastic.frontier.shape_constraints import ShapedSfa, impose

if TYPE_CHECKING:
    from bench.units import Units


def shaped_sfa(
    units: Units,
    *,
    kind: str = "cost",
    form: str = "translog",
    environment: Sequence[str] = (),
    normalise: str | Sequence[float] = "none",
    homogeneous: bool = True,
    monotone: bool = True,
    concave: bool = False,
    floor: float = 0.0,
) -> ShapedSfa:
    """Fit a half-normal stochastic frontier with its shape imposed.

    Parameters
    ----------
    units : Units
    kind, form, environment, normalise, homogeneous
        As for :func:`bench.sfa`.
    monotone : bool
        Cost must rise in every service and price (output in every input) at every observation.
    concave : bool
        Concave in input prices (cost) or in inputs (quadratic production).
    floor : float
        Least elasticity (quadratic: least slope per normalised measure), to keep prices clear of zero.

    Raises
    ------
    OptionError
        When ``concave`` has no meaning for the kind and form.
    DataError, ConvergenceError
        As for :func:`bench.sfa`; also when no coefficients have the shape.
    """
    free = sfa(
        units, kind=kind, form=form, environment=environment, normalise=normalise, homogeneous=homogeneous,
        distribution="half-normal",
    )  # fmt: skip
    return impose(free, monotone=monotone, concave=concave, floor=floor)
