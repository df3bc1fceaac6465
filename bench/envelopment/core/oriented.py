"""What the radial methods share: a side, a direction with some measures held, and one layout of the result."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.distances import Distances
from bench.envelopment.core.method_result import MethodResult, by_column, unit_frame, unsolved
from bench.errors import Issue, OptionError, nearest
from bench.options import ORIENTATION_ALIASES, one_of
from bench.typing import BoolArray, FloatArray
from bench.units import Units


def side_of(orientation: str) -> str:
    """Return ``"input"`` or ``"output"``.

    Raises
    ------
    OptionError
        When it is another word.
    """
    return one_of(orientation, ("input", "output"), "orientation", ORIENTATION_ALIASES)


def named(units: Units, columns: Collection[str], what: str) -> BoolArray:
    """Return which inputs and outputs are named, array (m + s,) of bool.

    Raises
    ------
    OptionError
        A name that is no input and no output.
    """
    if isinstance(columns, str):
        raise OptionError(f"{what} must be a list of columns, not the text {columns!r}")
    known = [*units.inputs, *units.outputs]
    for column in columns:
        if column not in known:
            raise OptionError(f"{what}: no input or output {column!r}{nearest(column, known)}; there are {known}")
    return np.array([column in set(columns) for column in known], dtype=bool)


def radial_direction(X: FloatArray, Y: FloatArray, side: str, held: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return the direction that changes one side in proportion, measures in ``held`` (m + s,) left alone.

    Raises
    ------
    OptionError
        When nothing on that side may move.
    """
    m = X.shape[1]
    free = ~held[:m] if side == "input" else ~held[m:]
    if not free.any():
        raise OptionError(f"no {side} is left to improve: at least one must be free")
    if side == "input":
        return X * free, np.zeros_like(Y)
    return np.zeros_like(X), Y * free


def radial_result(
    title: str,
    units: Units,
    found: Distances,
    side: str,
    options: Mapping[str, Any],
    *,
    issues: tuple[Issue, ...] = (),
    extra: Mapping[str, npt.ArrayLike] | None = None,
) -> MethodResult:
    """Return β as a Farrell score and an efficiency, with slacks and targets by name."""
    score = found.score(side)
    efficiency = score if side == "input" else 1.0 / score
    frame = unit_frame(
        units,
        {
            "efficiency": efficiency,
            "score": score,
            **(extra or {}),
            **by_column("slack", units.inputs, found.input_slack),
            **by_column("slack", units.outputs, found.output_slack),
            **by_column("target", units.inputs, found.input_target),
            **by_column("target", units.outputs, found.output_target),
        },
    )
    why = {
        1: "no combination of its reference units can be compared with the unit",
        2: "the reference set sets no bound on its improvement",
    }
    return MethodResult(
        title, frame, found, "efficiency", dict(options), (*issues, *unsolved(units, found.status, why))
    )


def merged(parts: list[tuple[npt.NDArray[np.intp], Distances, npt.NDArray[np.intp]]], count: int) -> Distances:
    """Return one result from parts with their own reference sets.

    Parameters
    ----------
    parts : list of (rows, result, reference positions)
        Rows in the whole, the result of those rows, and what a column number of the part means in the whole.
    count : int
        Number of rows of the whole.
    """
    width = max(part.column.shape[1] for _, part, _ in parts)
    column, weight = np.full((count, width), -1, dtype=np.int64), np.zeros((count, width))
    for rows, part, reference in parts:
        used = part.column.shape[1]
        column[rows, :used] = np.where(part.column >= 0, reference[np.maximum(part.column, 0)], -1)
        weight[rows, :used] = part.weight

    def whole(name: str) -> Any:
        first = getattr(parts[0][1], name)
        values = np.empty((count, *first.shape[1:]), dtype=first.dtype)
        for rows, part, _ in parts:
            values[rows] = getattr(part, name)
        return values

    names = ("beta", "tail", "input_slack", "output_slack", "input_target", "output_target")
    prices = ("input_price", "output_price", "status", "residual")
    fields = {name: whole(name) for name in (*names, *prices)}
    return Distances(column=column, weight=weight, **fields)
