"""Dependent variable, regressors and environment of a nonparametric frontier, taken from `Units` or from arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from bench.errors import DataError, Issue
from bench.options import FRONTIER_KINDS, FrontierKind, one_of
from bench.typing import FloatArray

if TYPE_CHECKING:
    import pandas as pd

    from bench.units import Units


@dataclass(frozen=True, slots=True)
class Observations:
    """Validated data of one regression in levels.

    Attributes
    ----------
    y : array (N,)
        Output of a production frontier, cost of a cost frontier.
    x : array (N, d)
        Inputs of a production frontier, outputs of a cost frontier.
    z : array (N, p)
        Environment; p may be zero.
    kind : {"production", "cost"}
    y_name : str
    x_names, z_names : tuple of str
    index : Index
        Labels of the observations.
    """

    y: FloatArray
    x: FloatArray
    z: FloatArray
    kind: FrontierKind
    y_name: str
    x_names: tuple[str, ...]
    z_names: tuple[str, ...]
    index: pd.Index[Any]


def from_units(units: Units, kind: str, environment: Sequence[str] | None = None) -> Observations:
    """Take the regression of a frontier from a table.

    Parameters
    ----------
    units : Units
        One output for ``kind="production"``, one input (the cost) for ``kind="cost"``.
    kind : {"production", "cost"}
    environment : sequence of str, optional
        Columns of the environment; those with that role when omitted, none when empty.

    Raises
    ------
    DataError
        When the dependent variable is not one column; the remedy says how to choose one.
    """
    chosen = cast(FrontierKind, one_of(kind, FRONTIER_KINDS, "kind"))
    dependent, regressors = (units.outputs, units.inputs) if chosen == "production" else (units.inputs, units.outputs)
    role = "output" if chosen == "production" else "input"
    if len(dependent) != 1:
        raise DataError(
            [
                Issue(
                    "one-dependent",
                    f"a {chosen} frontier has one {role}; the table has {len(dependent)}: {', '.join(dependent)}",
                    f"choose one with select({role}s=[…]), or add them up to one column",
                )
            ]
        )
    z_names = tuple(units.environment if environment is None else environment)
    return from_arrays(
        units.values(dependent)[:, 0],
        units.values(regressors),
        units.values(z_names) if z_names else None,
        kind=chosen,
        y_name=dependent[0],
        x_names=regressors,
        z_names=z_names,
        index=units.index,
    )


def from_arrays(
    y: npt.ArrayLike,
    x: npt.ArrayLike,
    z: npt.ArrayLike | None = None,
    *,
    kind: str,
    y_name: str = "y",
    x_names: Sequence[str] | None = None,
    z_names: Sequence[str] | None = None,
    index: pd.Index[Any] | None = None,
) -> Observations:
    """Validate the arrays of a regression.

    Raises
    ------
    DataError
        Other shapes than (N,), (N, d) and (N, p), values that are not finite, a constant column.
    """
    import pandas as pd

    chosen = cast(FrontierKind, one_of(kind, FRONTIER_KINDS, "kind"))
    target = np.array(y, dtype=np.float64)
    if target.ndim != 1 or not len(target):
        raise DataError("y must have one dimension and at least one value")
    n = len(target)
    regressors = _columns(x, "x", n)
    surroundings = _columns(z, "z", n) if z is not None else np.zeros((n, 0))
    names = _names(x_names, regressors.shape[1], "x")
    outer = _names(z_names, surroundings.shape[1], "z")
    issues = []
    for label, block in ((y_name, target[:, None]), *zip(names, regressors.T[:, :, None], strict=True)):
        issues += _finite(label, block[:, 0])
    for label, column in zip(outer, surroundings.T, strict=True):
        issues += _finite(label, column)
        if not issues and np.ptp(column) == 0.0:
            issues.append(
                Issue(
                    "constant-column", "the column is constant", "leave it out: the frontier has a level", column=label
                )
            )
    if issues:
        raise DataError(issues)
    labels = index if index is not None else pd.RangeIndex(n, name="unit")
    return Observations(target, regressors, surroundings, chosen, y_name, names, outer, labels)


def _columns(values: npt.ArrayLike, name: str, n: int) -> FloatArray:
    array = np.array(values, dtype=np.float64)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[0] != n:
        raise DataError(f"{name} must have {n} rows and two dimensions; it has the shape {array.shape}")
    if array.shape[1] == 0 and name == "x":
        raise DataError("x must have at least one column")
    return array


def _names(given: Sequence[str] | None, count: int, stem: str) -> tuple[str, ...]:
    if given is None:
        return tuple(f"{stem}{k + 1}" for k in range(count))
    if len(given) != count:
        raise DataError(f"{stem} has {count} columns but {len(given)} names")
    return tuple(given)


def _finite(label: str, column: FloatArray) -> list[Issue]:
    return [
        Issue("not-finite", "the value is not a finite number", "give a number", column=label, unit=str(row))
        for row in np.flatnonzero(~np.isfinite(column))
    ]


def require_positive(observations: Observations) -> None:
    """Refuse a dependent variable without a logarithm.

    Raises
    ------
    DataError
        One issue per observation that is zero or negative.
    """
    bad = np.flatnonzero(observations.y <= 0.0)
    if len(bad):
        raise DataError(
            [
                Issue(
                    "no-logarithm",
                    "a multiplicative error needs a positive value",
                    'correct the value, leave the unit out, or use error="additive"',
                    column=observations.y_name,
                    unit=str(observations.index[int(row)]),
                    value=f"{observations.y[row]:g}",
                )
                for row in bad
            ]
        )
