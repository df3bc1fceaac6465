"""Benchmark prices per service, rescaled so that price times volume is a stated total."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.errors import DataError
from bench.norms._arrays import vector
from bench.typing import FloatArray


@dataclass(frozen=True, slots=True)
class BenchmarkPrices:
    """Prices of the services of one scheme.

    Attributes
    ----------
    raw : array (k,)
        Price per service before rescaling, NOK per measure.
    scale : float
        Factor that brings ``raw`` to the stated total.
    price : array (k,)
        ``raw * scale``.
    total : float
        ``Σ price·volume``, NOK.
    """

    raw: FloatArray
    scale: float
    price: FloatArray
    total: float


def rescale_prices(raw: npt.ArrayLike, volumes: npt.ArrayLike, total: float) -> BenchmarkPrices:
    """Scale prices by one factor so that ``Σ price·volume = total``.

    Parameters
    ----------
    raw : array (k,)
        NOK per measure.
    volumes : array (k,)
        The scheme's volume of each service.
    total : float
        NOK.

    Raises
    ------
    DataError
        When the raw prices buy nothing, so that no factor exists.

    Examples
    --------
    >>> rescale_prices([2.0, 1.0], [10.0, 20.0], 80.0).price.tolist()
    [4.0, 2.0]
    """
    p = vector(raw, "raw prices")
    v = vector(volumes, "volumes", p.size)
    worth = float(p @ v)
    if worth <= 0:
        raise DataError("the raw prices times the volumes add to nothing, so they cannot be rescaled")
    scale = float(total) / worth
    return BenchmarkPrices(raw=p, scale=scale, price=p * scale, total=float(total))


def weight_prices(unit_cost: float, weights: npt.ArrayLike) -> FloatArray:
    """Price per service from one unit cost and the product weights, ``p_k = λ·w_k``.

    Parameters
    ----------
    unit_cost : float
        NOK per weighted unit of volume: scheme average, k-th best or quantile.
    weights : array (k,)
        Product weights, relative to the service whose weight is 1.

    Examples
    --------
    >>> weight_prices(500.0, [1.0, 0.2]).tolist()
    [500.0, 100.0]
    """
    if not (np.isfinite(unit_cost) and unit_cost > 0):
        raise DataError(f"the unit cost must be a positive amount, not {unit_cost!r}")
    return vector(weights, "weights", positive=True) * float(unit_cost)


def multiplier_prices(
    input_multiplier: npt.ArrayLike, output_multipliers: npt.ArrayLike, volumes: npt.ArrayLike
) -> FloatArray:
    """Price per output from DEA multipliers: the volume-weighted mean over units of ``u_r / v``.

    With one input (cost) the ratio of an output's multiplier to the input's is the marginal cost of that output on
    the unit's facet of the frontier. Units on different facets have different ratios; weighing by volume makes the
    mean price times total volume equal to what the units' own prices give together.

    Parameters
    ----------
    input_multiplier : array (n,)
        Multiplier of cost, per NOK.
    output_multipliers : array (n, r)
        Multipliers of the outputs.
    volumes : array (n, r)

    Returns
    -------
    array (r,)
        NOK per measure; zero for an output no unit values.

    Examples
    --------
    >>> multiplier_prices([0.01, 0.01], [[0.02], [0.04]], [[30.0], [10.0]]).tolist()
    [2.5]
    """
    v = vector(input_multiplier, "input_multiplier", positive=True)
    u = np.asarray(output_multipliers, dtype=np.float64)
    y = np.asarray(volumes, dtype=np.float64)
    if u.shape != y.shape or u.ndim != 2 or u.shape[0] != v.size:
        raise DataError(f"output_multipliers {u.shape} and volumes {y.shape} must both be ({v.size}, outputs)")
    if (y.sum(axis=0) == 0).any():
        raise DataError("an output has no volume in any unit, so it has no price")
    return np.asarray((u / v[:, None] * y).sum(axis=0) / y.sum(axis=0))
