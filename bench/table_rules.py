"""The rules a unit × period table must keep, each problem noted before anything is refused; the shape of arrays too."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bench.cells import float_of
from bench.errors import DataError, Issue, nearest
from bench.typing import FloatArray

if TYPE_CHECKING:
    import pandas as pd


_WHOLE_NUMBER = re.compile(r"-?[0-9]+")

_REMEDY = {
    "negative-value": "correct the value, or accept the rule where the method takes negative data",
    "no-input": "a unit without any input cannot be compared: correct it or leave the unit out",
    "no-output": "a unit without any output cannot be compared: correct it or leave the unit out",
}

#: Numbers outside are no measurement, and their squares and quotients leave the range of the arithmetic.
SMALLEST, LARGEST = 1e-100, 1e100


class TableCheck:
    """Collects every problem of one table before anything is refused."""

    def __init__(
        self,
        table: pd.DataFrame,
        id: str,
        period: str | None,
        scheme: str | None,
        where: Mapping[str, str],
        locate: Callable[[int, str], Mapping[str, str]] | None = None,
    ):
        self.table, self.id, self.period, self.scheme = table, id, period, scheme
        self.where = dict(where)
        self.locate = locate
        self.issues: list[Issue] = []

    def add(self, rule: str, message: str, remedy: str, row: int, column: str, **more: str) -> None:
        """Note a problem in one cell."""
        labels = {"unit": str(self.table[self.id].iloc[row])}
        if self.period is not None:
            labels["period"] = str(self.table[self.period].iloc[row])
        place = self.locate(row, column) if self.locate else {}
        self.issues.append(Issue(rule, message, remedy, **{**self.where, "column": column, **labels, **place, **more}))  # type: ignore[arg-type]

    def labels(self, columns: list[str]) -> pd.DataFrame:
        """Turn the label columns into text, noting empty ones."""
        texts = {column: _labels(self.table[column].tolist()) for column in columns}
        for column, values in texts.items():
            self.table[column] = _period_column(values) if column == self.period else values
        for column, values in texts.items():
            for row, value in enumerate(values):
                if not value:
                    self.add("empty-cell", "the label is empty", "give every row a label", row, column)
        return self.table

    def number(self, column: str, *, optional: bool) -> pd.Series[float]:
        """Turn a column into numbers, noting cells that are none."""
        import pandas as pd

        values = self.table[column]
        if values.dtype.kind in "iuf":
            array = values.to_numpy(dtype=np.float64, na_value=np.nan)
            unread: list[int] = []
        else:
            array, unread = self._objects(column, values)
        for row in np.flatnonzero(np.isinf(array)):
            self.add("not-finite", "the value is infinite", "give a finite number", int(row), column)
        size = np.abs(array)
        for row in np.flatnonzero(np.isfinite(array) & (size != 0) & ((size < SMALLEST) | (size > LARGEST))):
            message = f"no measure has numbers like this: outside {SMALLEST:g} to {LARGEST:g}"
            self.add("number-out-of-range", message, "correct the number", int(row), column, value=f"{array[row]:g}")
        missing = np.isnan(array)
        missing[unread] = False
        self._empty(column, missing, optional=optional)
        return pd.Series(array, index=self.table.index)

    def _objects(self, column: str, values: pd.Series[Any]) -> tuple[FloatArray, list[int]]:
        """Take the numbers out of a column of objects; rows that hold something else are reported and listed."""
        array = np.full(len(values), np.nan)
        unread = []
        for row, value in enumerate(values):
            if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
                array[row] = float_of(value)
            elif not _is_missing(value):
                unread.append(row)
                remedy = "numbers must be numbers here; text is read by read_units()"
                self.add("not-a-number", "the value is not a number", remedy, row, column, value=str(value))
        return array, unread

    def _empty(self, column: str, missing: npt.NDArray[np.bool_], *, optional: bool) -> None:
        """NaN is allowed only where a whole scheme leaves the column out."""
        import pandas as pd

        if optional and self.scheme is not None and missing.any():
            series = pd.Series(missing, index=self.table.index)
            missing = missing & ~series.groupby(self.table[self.scheme]).transform("all").to_numpy()
        for row in np.flatnonzero(missing):
            remedy = "give the number; write 0 where the service was not produced"
            self.add("empty-cell", "the value is missing", remedy, int(row), column)

    def keys(self) -> None:
        """Note units that stand twice in a period."""
        columns = [self.id] if self.period is None else [self.id, self.period]
        if self.period is None:
            message, remedy = "the unit stands twice", "name the period column, or give one row per unit"
        else:
            message, remedy = "the unit stands twice in this period", "give one row per unit and period"
        for row in np.flatnonzero(self.table.duplicated(columns, keep="first").to_numpy()):
            self.add("duplicate-unit", message, remedy, int(row), self.id)

    def schemes(self) -> None:
        """Note units that are in two schemes."""
        if self.scheme is None:
            return
        pairs = self.table[[self.id, self.scheme]].drop_duplicates()
        for unit, rows in pairs.groupby(self.id, sort=False).groups.items():
            if len(rows) > 1:
                self.add(
                    "unit-in-two-schemes",
                    f"the unit is in the schemes {', '.join(pairs.loc[rows, self.scheme])}",
                    "each unit belongs to one scheme: split it or correct the column",
                    int(rows[1]),
                    self.scheme,
                    unit=str(unit),
                )

    def magnitudes(self, columns: list[str], inputs: list[str], outputs: list[str]) -> None:
        """Note negative values, and units without any input or output."""
        for column in columns:
            for row in np.flatnonzero((self.table[column] < 0).to_numpy()):
                value = f"{self.table[column].iloc[row]:g}"
                self.add(
                    "negative-value",
                    "the value is negative",
                    _REMEDY["negative-value"],
                    int(row),
                    column,
                    value=value,
                )
        for rule, group in (("no-input", inputs), ("no-output", outputs)):
            if group:
                block = self.table[group]
                nothing = ((block == 0) | block.isna()).all(axis=1) & block.notna().any(axis=1)
                for row in np.flatnonzero(nothing.to_numpy()):
                    message = f"all {rule[3:]}s are zero"
                    if len(group) > 1:
                        message += f" ({', '.join(map(str, group))})"
                    self.add(rule, message, _REMEDY[rule], int(row), group[0])


def refuse_missing_columns(frame: pd.DataFrame, columns: Sequence[str], file: str = "") -> None:
    """Refuse columns that are not there, stand twice or are asked for twice, and a table without rows."""
    known = [str(column) for column in frame.columns]
    issues = [
        Issue(
            "missing-column",
            f"there is no column {column!r}{nearest(column, known)}",
            f"columns are: {', '.join(known)}",
            file=file,
            column=str(column),
        )
        for column in dict.fromkeys(columns)
        if column not in frame.columns
    ]
    issues += [
        Issue("two-roles", "the column has two roles", "give each column one role", file=file, column=str(column))
        for column in dict.fromkeys(columns)
        if list(columns).count(column) > 1
    ]
    issues += [
        Issue(
            "duplicate-column",
            "the column name stands twice in the header",
            "rename one of them",
            file=file,
            column=str(column),
        )
        for column in dict.fromkeys(columns)
        if known.count(str(column)) > 1
    ]
    if issues:
        raise DataError(issues)
    if len(frame) == 0:
        raise DataError([Issue("no-rows", "the table has no rows", "give at least one unit", file=file)])


def _is_missing(value: Any) -> bool:
    import pandas as pd

    return (
        value is None
        or value is pd.NA
        or value is pd.NaT
        or (isinstance(value, (float, np.floating)) and value != value)
    )


def _labels(values: list[Any]) -> list[str]:
    if set(map(type, values)) == {str}:
        return [value.strip() for value in values]
    return [_label(value) for value in values]


def _label(value: Any) -> str:
    """Return a label as text: whole numbers without decimals, days without the time of day, missing as nothing."""
    if isinstance(value, str):
        return value.strip()
    if _is_missing(value):
        return ""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return str(value).strip()


def _period_column(texts: list[str]) -> list[Any]:
    """Periods as whole numbers when all of them are, otherwise as text."""
    if all(map(_WHOLE_NUMBER.fullmatch, texts)):
        return list(map(int, texts))
    return texts


def numbers(values: npt.ArrayLike, name: str) -> FloatArray:
    """Return float64, or say which argument holds something else."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{name} must be an array of numbers with rows of equal length") from None


def matrix(values: npt.ArrayLike, name: str, rows: int | None = None) -> FloatArray:
    """Return an array (units, columns); a vector is one column."""
    array = numbers(values, name)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise DataError(f"{name} must have two dimensions (units × columns), not {array.ndim}")
    if rows is not None and array.shape[0] != rows:
        raise DataError(f"{name} has {array.shape[0]} rows, but there are {rows} units")
    return array


def prices(values: npt.ArrayLike, shape: tuple[int, ...], name: str) -> FloatArray:
    """Return an array of this shape; one row of prices serves every unit."""
    array = numbers(values, name)
    if array.ndim == 1 and array.shape == (shape[1],):
        array = np.broadcast_to(array, shape)
    if array.shape != shape:
        raise DataError(f"{name} must have the shape {shape} or ({shape[1]},), not {array.shape}")
    return np.array(array)
