"""Block CR: corrections of a unit's income for what it cannot help."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bench.errors import ModelError
from bench.modelfile import Correction
from bench.modelfile.keys import label_of
from bench.typing import FloatArray

#: Kinds that scale with activity income; all others are known before the price is.
ON_INCOME = ("factor", "zones")


def top_up(size: FloatArray, reference: float, amount: float) -> FloatArray:
    """Return the top-up of small units, ``F·max(0, 1 − z/reference)``; none where there is no such unit (z = 0).

    Examples
    --------
    >>> top_up(np.array([0.0, 15.0, 30.0]), 30.0, 400.0).tolist()
    [0.0, 200.0, 0.0]
    """
    return np.asarray(np.where(size > 0.0, amount * np.maximum(0.0, 1.0 - size / reference), 0.0))


def correction_amount(
    rule: Correction,
    year: int,
    units: tuple[str, ...],
    columns: Mapping[str, FloatArray],
    activity: FloatArray,
    index: float = 1.0,
    *,
    scheme: str = "",
) -> FloatArray:
    """Return one correction for every unit in a year, array (n,), NOK.

    Parameters
    ----------
    rule : Correction
    year : int
    units : tuple of str, length n
    columns : mapping of arrays (n,)
        The year's values of the columns the rule reads.
    activity : array (n,)
        Activity income; only the kinds ``factor`` and ``zones`` use it.
    index : float
        Factor that moves the amount to the year's prices.
    scheme : str
        Whose correction it is, for the key an error names.

    Raises
    ------
    ModelError
        When a unit's zone has no factor.
    """
    z = columns[rule.column] if rule.column else np.zeros(len(units))
    members = np.ones(len(units)) if not rule.units else np.array([unit in rule.units for unit in units], dtype=float)
    kind = rule.kind
    if kind == "small-unit-topup":
        assert rule.reference is not None
        assert rule.amount is not None
        value = top_up(z, rule.reference.at(year), rule.amount.at(year) * index)
    elif kind == "rate":
        assert rule.rate is not None
        value = rule.rate.at(year) * index * z
    elif kind == "factor":
        value = activity * (z - 1.0)
    elif kind == "zones":
        value = activity * (_zone_factors(rule, year, z, scheme) - 1.0)
    elif kind == "excess":
        assert rule.rate is not None
        assert rule.threshold is not None
        count = columns[rule.count_column] if rule.count_column else 1.0
        value = rule.rate.at(year) * np.maximum(0.0, z - rule.threshold.at(year) * index * count)
    elif kind == "supplement":
        assert rule.rate is not None
        cap = np.inf if rule.cap is None else rule.cap.at(year) * index
        value = rule.reversal.at(year) * np.minimum(rule.rate.at(year) * z, cap)
    else:
        assert rule.amount is not None
        value = np.full(len(units), rule.amount.at(year) * index)
    return np.asarray(value * members)


def _zone_factors(rule: Correction, year: int, zones: FloatArray, scheme: str) -> FloatArray:
    factors = {zone.value: zone.factor.at(year) for zone in rule.zone}
    unknown = sorted({value for value in zones.tolist() if value not in factors})
    if unknown:
        raise ModelError(
            f"the zone {unknown[0]:g} has no factor", key=f"scheme.{scheme}.correction.{label_of(rule, 0)}.zone"
        )
    return np.array([factors[value] for value in zones.tolist()])
