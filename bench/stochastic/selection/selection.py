"""Sample selection from tables: the units seen, and all units with what moved them in or out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.errors import DataError, Issue, nearest
from bench.stochastic.forms import frontier_design
from bench.stochastic.selection.selection_estimate import SelectionResult, sample_selection

if TYPE_CHECKING:
    from bench.units import Units


def selected_sfa(
    units: Units,
    everyone: pd.DataFrame,
    *,
    selection: Sequence[str],
    kind: str = "production",
    form: str = "cobb-douglas",
    environment: Sequence[str] = (),
    normalise: str | Sequence[float] = "none",
    homogeneous: bool = True,
) -> SelectionResult:
    """Estimate a half-normal frontier of units that selected themselves into the table.

    Parameters
    ----------
    units : Units
        The units seen, as for :func:`bench.sfa`; data stay in levels.
    everyone : DataFrame
        One row for every unit that could have been seen, those in ``units`` included, with the same column of
        identifiers (and of periods) and the columns of ``selection``. Other columns are not read.
    selection : sequence of str
        Columns of ``everyone`` that move a unit in or out, as they stand; an intercept is added. One that is not in
        the frontier makes ρ well determined.
    kind, form, environment, normalise, homogeneous
        As for :func:`bench.sfa`.

    Returns
    -------
    SelectionResult
        Efficiencies carry the identifiers of the units seen.

    Raises
    ------
    DataError
        Columns that are missing or not numbers, identifiers that are doubled or missing in ``everyone``, nobody unseen.
    WrongSkewError, ConvergenceError
        See :func:`bench.stochastic.selection.selection_estimate.sample_selection`.

    Examples
    --------
    >>> import bench
    >>> rng = np.random.default_rng(2)
    >>> size, travel, w = rng.normal(size=(3, 800))
    >>> noise = 0.2 * (0.7 * w + 0.7 * rng.normal(size=800))
    >>> output = np.exp(1 + 0.5 * size + noise - 0.4 * np.abs(rng.normal(size=800)))
    >>> table = pd.DataFrame({"unit": np.arange(800), "hours": np.exp(size), "visits": output, "travel": travel})
    >>> seen = table[0.3 + travel + w > 0]
    >>> units = bench.Units.from_frame(seen, id="unit", inputs=["hours"], outputs=["visits"])
    >>> selected_sfa(units, table, selection=["travel"]).rho > 0.2
    True
    """
    keys = [units.id] if units.period is None else [units.id, units.period]
    _check(everyone, [*keys, *selection])
    design = frontier_design(
        units, kind=kind, form=form, environment=environment, normalise=normalise, homogeneous=homogeneous
    )
    place = _places(units, everyone, keys)
    seen = np.zeros(len(everyone), dtype=bool)
    seen[place] = True
    y, x = np.full(len(everyone), np.nan), np.full((len(everyone), design.X.shape[1]), np.nan)
    y[place], x[place] = design.y, design.X
    z = np.column_stack([np.ones(len(everyone)), everyone[list(selection)].to_numpy(dtype=np.float64)])
    found = sample_selection(
        y, x, seen, z,
        kind="production" if design.sign > 0 else "cost", names=design.names, selection_names=("const", *selection),
    )  # fmt: skip
    labels = everyone[keys].iloc[found.rows]
    index = pd.Index(labels[keys[0]]) if len(keys) == 1 else pd.MultiIndex.from_frame(labels)
    return replace(found, labels=index)


def _check(everyone: pd.DataFrame, columns: list[str]) -> None:
    known = [str(column) for column in everyone.columns]
    issues = [
        Issue(
            "missing-column",
            f"the table of all units has no column {column!r}{nearest(column, known)}",
            f"columns are {', '.join(known)}",
            column=column,
        )
        for column in columns
        if column not in known
    ]
    if issues:
        raise DataError(issues)


def _places(units: Units, everyone: pd.DataFrame, keys: list[str]) -> npt.NDArray[np.int64]:
    """Position in ``everyone`` of each row of ``units``."""
    index = _names(everyone, keys)
    if index.has_duplicates:
        raise DataError(f"the table of all units has {index[index.duplicated()][0]} more than once")
    place = index.get_indexer(_names(units.frame, keys))
    if (place < 0).any():
        first = units.frame[keys].iloc[int(np.flatnonzero(place < 0)[0])].tolist()
        raise DataError(f"{int((place < 0).sum())} units seen are not in the table of all units, the first is {first}")
    return np.asarray(place, dtype=np.int64)


def _names(frame: pd.DataFrame, keys: list[str]) -> pd.MultiIndex:
    """Identifiers as text, as :class:`~bench.units.Units` keeps them, and periods as they are."""
    return pd.MultiIndex.from_arrays([frame[keys[0]].astype(str), *(frame[key] for key in keys[1:])])
