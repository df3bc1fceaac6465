"""`Units`: the validated unit × period table that every method takes.

A *unit* is a provider (a nursing home, a home-care district). A row is one unit in one period, and every column
has a role: identifier, period, scheme, input, output, environment, input price, output price or extra. Values are
aligned by label and never dropped, filled or rounded here.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.errors import DataError, Issue, OptionError, nearest

FloatArray = npt.NDArray[np.float64]

_WHOLE_NUMBER = re.compile(r"-?[0-9]+")

#: Rules of :meth:`Units.from_frame` that a caller may accept; an accepted rule becomes a warning.
ACCEPTABLE_RULES = ("negative-value", "no-input", "no-output")

_REMEDY = {
    "negative-value": "correct the value, or accept the rule where the method takes negative data",
    "no-input": "a unit without any input cannot be compared: correct it or leave the unit out",
    "no-output": "a unit without any output cannot be compared: correct it or leave the unit out",
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a table came from, for messages and for the manifest.

    Attributes
    ----------
    file, sheet : str
        Name of the file as given, and the sheet in a workbook.
    sha256 : str
        Hash of the file's bytes.
    dialect : Mapping[str, str]
        What was found: encoding, delimiter, decimal sign, header row and so on.
    """

    file: str
    sheet: str = ""
    sha256: str = ""
    dialect: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """A validated unit × period table with column roles.

    Build it with :func:`bench.read_units`, :meth:`from_frame` or :meth:`from_arrays`.

    Attributes
    ----------
    frame : DataFrame
        One row per unit and period in the order of the source. The id column holds text; role columns
        are float64, where NaN means *not applicable in this scheme* and nothing else.
    id : str
        Column that names the unit.
    period, scheme : str or None
        Columns with the period (a whole number or text) and the financing scheme.
    inputs, outputs, environment, input_prices, output_prices, extra : tuple of str
        Columns by role. ``extra`` are numbers a model needs that are none of the others
        (budgeted volume, full-time equivalents).
    source : Source or None
        File the table came from.
    warnings : tuple of Issue
        Findings that do not stop a run.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"home": ["A", "B"], "cost": [10.0, 12.0], "days": [100, 110]})
    >>> units = Units.from_frame(table, id="home", inputs=["cost"], outputs=["days"])
    >>> units
    Units(2 units, inputs: cost; outputs: days)
    >>> units.X.shape
    (2, 1)
    """

    frame: pd.DataFrame
    id: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    period: str | None = None
    scheme: str | None = None
    environment: tuple[str, ...] = ()
    input_prices: tuple[str, ...] = ()
    output_prices: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    source: Source | None = None
    warnings: tuple[Issue, ...] = ()

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        id: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        period: str | None = None,
        scheme: str | None = None,
        environment: Sequence[str] = (),
        input_prices: Sequence[str] = (),
        output_prices: Sequence[str] = (),
        extra: Sequence[str] = (),
        accept: Collection[str] = (),
        source: Source | None = None,
        warnings: Iterable[Issue] = (),
        locate: Callable[[int, str], Mapping[str, str]] | None = None,
    ) -> Units:
        """Validate a frame and give its columns roles.

        Parameters
        ----------
        frame : DataFrame
            Numbers must be numbers already: text such as ``"1 234,5"`` is for :func:`bench.read_units`.
        id, period, scheme : str
            Label columns.
        inputs, outputs, environment, input_prices, output_prices, extra : sequence of str
            Number columns by role. No column may have two roles.
        accept : collection of str
            Rules among ``negative-value``, ``no-input`` and ``no-output`` to record as warnings.
        source : Source, optional
            Where the frame came from.
        warnings : iterable of Issue
            Earlier findings to keep.
        locate : callable (row, column) -> mapping, optional
            Fields of an :class:`bench.errors.Issue` that say where a cell of the frame stands in the file.

        Raises
        ------
        DataError
            With every problem found: missing column, duplicate unit and period, empty or non-numeric cell,
            negative value, unit without inputs or outputs, unit in two schemes.
        OptionError
            When ``accept`` names an unknown rule or a role is given text where a list is expected.
        """
        roles = {
            "inputs": inputs,
            "outputs": outputs,
            "environment": environment,
            "input_prices": input_prices,
            "output_prices": output_prices,
            "extra": extra,
        }
        for name, columns in roles.items():
            if isinstance(columns, str):
                raise OptionError(f"{name} must be a list of columns, not the text {columns!r}")
        if isinstance(accept, str):
            raise OptionError(f"accept must be a list of rules, not the text {accept!r}")
        for rule in accept:
            if rule not in ACCEPTABLE_RULES:
                raise OptionError(
                    f"accept knows {', '.join(ACCEPTABLE_RULES)}; got {rule!r}{nearest(rule, ACCEPTABLE_RULES)}"
                )
        labels = [column for column in (id, period, scheme) if column is not None]
        numbers = [column for columns in roles.values() for column in columns]
        _refuse_missing_columns(frame, [*labels, *numbers], source)

        table = frame[[*labels, *numbers]].reset_index(drop=True)
        check = _Check(table, id, period, scheme, source, locate)
        table = check.labels(labels)
        for column in numbers:
            table[column] = check.number(column, optional=column not in inputs)
        check.keys()
        check.schemes()
        check.magnitudes([*inputs, *outputs], list(inputs), list(outputs))
        found = [replace(issue, severity="warning") if issue.rule in accept else issue for issue in check.issues]
        if any(issue.severity == "error" for issue in found):
            raise DataError(found)
        return cls(
            frame=table,
            id=id,
            period=period,
            scheme=scheme,
            **{name: tuple(columns) for name, columns in roles.items()},
            source=source,
            warnings=tuple(dict.fromkeys((*warnings, *found))),
        )

    @classmethod
    def from_arrays(
        cls,
        inputs: npt.ArrayLike,
        outputs: npt.ArrayLike,
        names: Sequence[Any] | None = None,
        input_prices: npt.ArrayLike | None = None,
        output_prices: npt.ArrayLike | None = None,
        accept: Collection[str] = (),
    ) -> Units:
        """Build a table from arrays; columns are called ``x1…``, ``y1…``, ``w1…`` and ``p1…``.

        Parameters
        ----------
        inputs : array (n, m)
        outputs : array (n, s)
        names : sequence of length n, optional
            Unit names; ``"1"``, ``"2"`` … when omitted.
        input_prices : array (n, m) or (m,), optional
            One row of prices serves every unit.
        output_prices : array (n, s) or (s,), optional

        Examples
        --------
        >>> Units.from_arrays([[1.0], [2.0]], [[1.0], [1.0]], names=["A", "B"]).names
        ['A', 'B']
        """
        x = _matrix(inputs, "inputs")
        n = x.shape[0]
        blocks = {"x": x, "y": _matrix(outputs, "outputs", n)}
        if input_prices is not None:
            blocks["w"] = _prices(input_prices, x.shape, "input_prices")
        if output_prices is not None:
            blocks["p"] = _prices(output_prices, blocks["y"].shape, "output_prices")
        columns = {key: [f"{key}{j + 1}" for j in range(block.shape[1])] for key, block in blocks.items()}
        table = pd.DataFrame(
            np.hstack(list(blocks.values())), columns=[name for names_ in columns.values() for name in names_]
        )
        if names is not None and len(names) != n:
            raise DataError(f"names has length {len(names)}, but there are {n} units")
        table.insert(0, "unit", [str(name) for name in names] if names is not None else [str(k + 1) for k in range(n)])
        return cls.from_frame(
            table,
            id="unit",
            inputs=columns["x"],
            outputs=columns["y"],
            input_prices=columns.get("w", ()),
            output_prices=columns.get("p", ()),
            accept=accept,
        )

    # -- views ---------------------------------------------------------------------------------------------

    @property
    def X(self) -> FloatArray:
        """Inputs, array (n, m), read-only."""
        return self.values(self.inputs)

    @property
    def Y(self) -> FloatArray:
        """Outputs, array (n, s), read-only."""
        return self.values(self.outputs)

    def values(self, columns: Sequence[str]) -> FloatArray:
        """Return columns as a read-only float64 array (n, len(columns)).

        Raises
        ------
        DataError
            When a value does not apply (NaN): take one scheme with :meth:`for_scheme` first.
        """
        array = np.ascontiguousarray(self.frame[list(columns)].to_numpy(dtype=np.float64))
        if np.isnan(array).any():
            gone = [column for column, bad in zip(columns, np.isnan(array).any(axis=0), strict=True) if bad]
            raise DataError(
                [
                    Issue(
                        "not-applicable",
                        "some units have no such value",
                        "take one scheme at a time with for_scheme(), or choose columns with select()",
                        column=column,
                    )
                    for column in gone
                ]
            )
        array.flags.writeable = False
        return array

    @property
    def index(self) -> pd.Index[Any]:
        """Labels of the rows: the unit, or (unit, period) when the table has a period column."""
        if self.period is None:
            units: pd.Index[Any] = pd.Index(self.frame[self.id], name="unit")
            return units
        return pd.MultiIndex.from_arrays([self.frame[self.id], self.frame[self.period]], names=["unit", "period"])

    @property
    def names(self) -> list[str]:
        """One text per row: the unit, followed by its period when there are several periods."""
        units = self.frame[self.id].tolist()
        if self.period is None or len(self.periods) <= 1:
            return units
        return [f"{unit} ({period})" for unit, period in zip(units, self.frame[self.period], strict=True)]

    @property
    def unit_names(self) -> list[str]:
        """Distinct units in order of appearance."""
        return list(dict.fromkeys(self.frame[self.id]))

    @property
    def periods(self) -> list[Any]:
        """Distinct periods, sorted; empty without a period column."""
        return [] if self.period is None else sorted(set(self.frame[self.period].tolist()))

    @property
    def schemes(self) -> list[str]:
        """Distinct schemes in order of appearance; empty without a scheme column."""
        return [] if self.scheme is None else list(dict.fromkeys(self.frame[self.scheme]))

    # -- parts ---------------------------------------------------------------------------------------------

    def take(self, rows: npt.ArrayLike) -> Units:
        """Return the rows at these positions or under this boolean mask, in the table's order."""
        mask = np.asarray(rows)
        part = self.frame[mask] if mask.dtype == bool else self.frame.iloc[mask]
        return replace(self, frame=part.reset_index(drop=True))

    def for_period(self, period: Any) -> Units:
        """Return the rows of one period.

        Raises
        ------
        OptionError
            When the table has no such period; the message lists those it has.
        """
        if self.period is None or period not in self.periods:
            raise OptionError(f"no period {period!r}; the table has {self.periods}")
        return self.take((self.frame[self.period] == period).to_numpy())

    def for_scheme(self, scheme: str) -> Units:
        """Return the rows of one scheme with only the columns that apply in it."""
        if self.scheme is None or scheme not in self.schemes:
            raise OptionError(f"no scheme {scheme!r}; the table has {self.schemes}{nearest(scheme, self.schemes)}")
        part = self.take((self.frame[self.scheme] == scheme).to_numpy())
        applies = part.frame.notna().all()
        kept: dict[str, Any] = {
            role: tuple(column for column in getattr(part, role) if applies[column])
            for role in ("outputs", "environment", "input_prices", "output_prices", "extra")
        }
        columns = [*part._labels(), *part.inputs, *(column for role in kept.values() for column in role)]
        return replace(part, frame=part.frame[columns], **kept)

    def select(self, inputs: Sequence[str] | None = None, outputs: Sequence[str] | None = None) -> Units:
        """Return the same rows with other columns of the table as inputs and outputs.

        Columns that lose their role become ``extra``; nothing is dropped.
        """
        new_inputs = tuple(self.inputs if inputs is None else inputs)
        new_outputs = tuple(self.outputs if outputs is None else outputs)
        _refuse_missing_columns(self.frame, [*new_inputs, *new_outputs], self.source)
        taken = {*new_inputs, *new_outputs}
        loose = [column for column in (*self.inputs, *self.outputs, *self.extra) if column not in taken]
        return Units.from_frame(
            self.frame,
            id=self.id,
            period=self.period,
            scheme=self.scheme,
            inputs=new_inputs,
            outputs=new_outputs,
            environment=[column for column in self.environment if column not in taken],
            input_prices=self.input_prices,
            output_prices=self.output_prices,
            extra=loose,
            accept=ACCEPTABLE_RULES,
            source=self.source,
            warnings=self.warnings,
        )

    def _labels(self) -> list[str]:
        return [column for column in (self.id, self.period, self.scheme) if column is not None]

    def __len__(self) -> int:
        """Return the number of rows (units × periods)."""
        return len(self.frame)

    def __repr__(self) -> str:
        count = len(self.unit_names)
        size = f"{count} unit{'s' if count != 1 else ''}"
        if self.period is not None:
            size += f" × {len(self.periods)} period{'s' if len(self.periods) != 1 else ''}"
        if self.scheme is not None:
            size += f" in {len(self.schemes)} scheme{'s' if len(self.schemes) != 1 else ''}"
        return f"Units({size}, inputs: {', '.join(self.inputs)}; outputs: {', '.join(self.outputs)})"


class _Check:
    """Collects every problem of one table before anything is refused."""

    def __init__(
        self,
        table: pd.DataFrame,
        id: str,
        period: str | None,
        scheme: str | None,
        source: Source | None,
        locate: Callable[[int, str], Mapping[str, str]] | None = None,
    ):
        self.table, self.id, self.period, self.scheme = table, id, period, scheme
        self.where: dict[str, str] = {"file": source.file, "sheet": source.sheet} if source else {}
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
        texts = {column: _labels(self.table[column].tolist()) for column in columns}
        for column, values in texts.items():
            self.table[column] = _period_column(values) if column == self.period else values
        for column, values in texts.items():
            for row, value in enumerate(values):
                if not value:
                    self.add("empty-cell", "the label is empty", "give every row a label", row, column)
        return self.table

    def number(self, column: str, *, optional: bool) -> pd.Series[float]:
        values = self.table[column]
        if values.dtype.kind in "iuf":
            array = values.to_numpy(dtype=np.float64, na_value=np.nan)
            unread: list[int] = []
        else:
            array, unread = self._objects(column, values)
        for row in np.flatnonzero(np.isinf(array)):
            self.add("not-finite", "the value is infinite", "give a finite number", int(row), column)
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
                array[row] = float(value)
            elif not _is_missing(value):
                unread.append(row)
                remedy = "numbers must be numbers here; text is read by read_units()"
                self.add("not-a-number", "the value is not a number", remedy, row, column, value=str(value))
        return array, unread

    def _empty(self, column: str, missing: npt.NDArray[np.bool_], *, optional: bool) -> None:
        """NaN is allowed only where a whole scheme leaves the column out."""
        if optional and self.scheme is not None and missing.any():
            series = pd.Series(missing, index=self.table.index)
            missing = missing & ~series.groupby(self.table[self.scheme]).transform("all").to_numpy()
        for row in np.flatnonzero(missing):
            remedy = "give the number; write 0 where the service was not produced"
            self.add("empty-cell", "the value is missing", remedy, int(row), column)

    def keys(self) -> None:
        columns = [self.id] if self.period is None else [self.id, self.period]
        if self.period is None:
            message, remedy = "the unit stands twice", "name the period column, or give one row per unit"
        else:
            message, remedy = "the unit stands twice in this period", "give one row per unit and period"
        for row in np.flatnonzero(self.table.duplicated(columns, keep="first").to_numpy()):
            self.add("duplicate-unit", message, remedy, int(row), self.id)

    def schemes(self) -> None:
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


def _refuse_missing_columns(frame: pd.DataFrame, columns: Sequence[str], source: Source | None) -> None:
    known = [str(column) for column in frame.columns]
    file = source.file if source else ""
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


def _numbers(values: npt.ArrayLike, name: str) -> FloatArray:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise DataError(f"{name} must be an array of numbers with rows of equal length") from None


def _matrix(values: npt.ArrayLike, name: str, rows: int | None = None) -> FloatArray:
    array = _numbers(values, name)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2:
        raise DataError(f"{name} must have two dimensions (units × columns), not {array.ndim}")
    if rows is not None and array.shape[0] != rows:
        raise DataError(f"{name} has {array.shape[0]} rows, but there are {rows} units")
    return array


def _prices(values: npt.ArrayLike, shape: tuple[int, ...], name: str) -> FloatArray:
    array = _numbers(values, name)
    if array.ndim == 1 and array.shape == (shape[1],):
        array = np.broadcast_to(array, shape)
    if array.shape != shape:
        raise DataError(f"{name} must have the shape {shape} or ({shape[1]},), not {array.shape}")
    return np.array(array)
