"""`Units`: the validated unit × period table that every method takes.

A *unit* is a provider (a nursing home, a home-care district). A row is one unit in one period, and every column
has a role: identifier, period, scheme, input, output, environment, input price, output price or extra. Values are
aligned by label and never dropped, filled or rounded here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from html import escape
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from bench.errors import DataError, Issue, OptionError, nearest
from bench.native import as_pandas
from bench.presenting import table_html, warnings_html
from bench.table_rules import LARGEST, SMALLEST, TableCheck, matrix, prices, refuse_missing_columns
from bench.typing import FloatArray

if TYPE_CHECKING:
    import pandas as pd


#: Rules of :meth:`Units.from_frame` that a caller may accept; an accepted rule becomes a warning.
ACCEPTABLE_RULES = ("negative-value", "no-input", "no-output")


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
        are float64, where NaN means *not applicable in this scheme* and nothing else. Do not write into it:
        arrays and names taken from it are kept.
    id : str
        Column that names the unit.
    period, scheme : str or None
        Columns with the period (a whole number or text) and the financing scheme.
    inputs, outputs, environment, input_prices, output_prices, extra : tuple of str
        Columns by role. ``extra`` are numbers a model needs that are none of the others
        (budgeted volume, full-time equivalents).
    texts : tuple of str
        Columns with words that put rows in groups (owner, region).
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
    texts: tuple[str, ...] = ()
    source: Source | None = None
    warnings: tuple[Issue, ...] = ()
    _kept: dict[Any, Any] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def from_frame(
        cls,
        frame: Any,
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
        texts: Sequence[str] = (),
        accept: Collection[str] = (),
        source: Source | None = None,
        warnings: Iterable[Issue] = (),
        locate: Callable[[int, str], Mapping[str, str]] | None = None,
    ) -> Units:
        """Validate a frame and give its columns roles.

        Parameters
        ----------
        frame : DataFrame
            Of pandas, polars, pyarrow, duckdb or any other library narwhals reads. Numbers must be numbers already:
            text such as ``"1 234,5"`` is for :func:`bench.read_units`.
        id, period, scheme : str
            Label columns.
        inputs, outputs, environment, input_prices, output_prices, extra : sequence of str
            Number columns by role. No column may have two roles.
        texts : sequence of str
            Columns with words that put rows in groups.
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
        for name, columns in {**roles, "texts": texts}.items():
            if isinstance(columns, str):
                raise OptionError(f"{name} must be a list of columns, not the text {columns!r}")
        if isinstance(accept, str):
            raise OptionError(f"accept must be a list of rules, not the text {accept!r}")
        for rule in accept:
            if rule not in ACCEPTABLE_RULES:
                raise OptionError(
                    f"accept knows {', '.join(ACCEPTABLE_RULES)}; got {rule!r}{nearest(rule, ACCEPTABLE_RULES)}"
                )
        labels = [column for column in (id, period, scheme, *texts) if column is not None]
        numbers = [column for columns in roles.values() for column in columns]
        frame = as_pandas(frame)
        refuse_missing_columns(frame, [*labels, *numbers], source.file if source else "")

        table = frame[[*labels, *numbers]].reset_index(drop=True)
        where = {"file": source.file, "sheet": source.sheet} if source else {}
        check = TableCheck(table, id, period, scheme, where, locate)
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
            texts=tuple(texts),
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
        x = matrix(inputs, "inputs")
        n = x.shape[0]
        blocks = {"x": x, "y": matrix(outputs, "outputs", n)}
        if input_prices is not None:
            blocks["w"] = prices(input_prices, x.shape, "input_prices")
        if output_prices is not None:
            blocks["p"] = prices(output_prices, blocks["y"].shape, "output_prices")
        if names is not None and len(names) != n:
            raise DataError(f"names has length {len(names)}, but there are {n} units")
        columns = {key: [f"{key}{j + 1}" for j in range(block.shape[1])] for key, block in blocks.items()}
        labels = [str(name) for name in names] if names is not None else [str(k + 1) for k in range(n)]
        if _plain(blocks, labels):
            return cls._of_arrays(blocks, columns, labels)
        import pandas as pd

        table = pd.DataFrame(
            np.hstack(list(blocks.values())), columns=[name for names_ in columns.values() for name in names_]
        )
        table.insert(0, "unit", labels)
        return cls.from_frame(
            table,
            id="unit",
            inputs=columns["x"],
            outputs=columns["y"],
            input_prices=columns.get("w", ()),
            output_prices=columns.get("p", ()),
            accept=accept,
        )

    @classmethod
    def _of_arrays(
        cls, blocks: Mapping[str, FloatArray], columns: Mapping[str, Sequence[str]], labels: list[str]
    ) -> Units:
        """Return a table of numbers that break no rule; its frame is made when it is first asked for."""
        kept = {key: np.array(block, dtype=np.float64, order="C") for key, block in blocks.items()}
        texts = np.array(labels, dtype=object)
        for array in (*kept.values(), texts):
            array.flags.writeable = False

        def frame() -> pd.DataFrame:
            import pandas as pd

            cells = {name: block[:, j].copy() for key, block in kept.items() for j, name in enumerate(columns[key])}
            return pd.DataFrame({"unit": labels, **cells})

        made = cls(
            frame=cast(Any, frame),
            id="unit",
            inputs=tuple(columns["x"]),
            outputs=tuple(columns["y"]),
            input_prices=tuple(columns.get("w", ())),
            output_prices=tuple(columns.get("p", ())),
        )
        made._kept.update({tuple(columns[key]): block for key, block in kept.items()})
        made._kept.update(labels=texts, names=list(labels))
        return made

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
        wanted = tuple(columns)
        if wanted not in self._kept:
            self._kept[wanted] = self._extract(wanted)
        return cast(FloatArray, self._kept[wanted])

    def _extract(self, columns: tuple[str, ...]) -> FloatArray:
        array = np.empty((len(self.frame), len(columns)))
        for j, column in enumerate(columns):
            array[:, j] = self.frame[column].to_numpy(dtype=np.float64)
        if np.isnan(array).any():
            gone = [column for column, bad in zip(columns, np.isnan(array).T, strict=True) if bad.any()]
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
        import pandas as pd

        if self.period is None:
            units: pd.Index[Any] = pd.Index(self.frame[self.id], name="unit")
            return units
        return pd.MultiIndex.from_arrays([self.frame[self.id], self.frame[self.period]], names=["unit", "period"])

    @property
    def labels(self) -> npt.NDArray[np.object_]:
        """The unit of each row, array (n,), read-only and made once."""
        if "labels" not in self._kept:
            labels = self.frame[self.id].to_numpy(dtype=object, copy=True)
            labels.flags.writeable = False
            self._kept["labels"] = labels
        return np.asarray(self._kept["labels"])

    @property
    def names(self) -> list[str]:
        """One text per row: the unit, followed by its period when there are several periods."""
        if "names" not in self._kept:
            units = self.frame[self.id].tolist()
            if len(self.periods) > 1:
                units = [f"{unit} ({period})" for unit, period in zip(units, self.frame[self.period], strict=True)]
            self._kept["names"] = units
        return list(self._kept["names"])

    @property
    def unit_names(self) -> list[str]:
        """Distinct units in order of appearance."""
        return list(dict.fromkeys(self.frame[self.id]))

    @property
    def periods(self) -> list[Any]:
        """Distinct periods, sorted; empty without a period column."""
        if self.period is None:
            return []
        if "periods" not in self._kept:
            self._kept["periods"] = sorted(set(self.frame[self.period].tolist()))
        return list(self._kept["periods"])

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
        refuse_missing_columns(self.frame, [*new_inputs, *new_outputs], self.source.file if self.source else "")
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
            texts=self.texts,
            accept=ACCEPTABLE_RULES,
            source=self.source,
            warnings=self.warnings,
        )

    def _labels(self) -> list[str]:
        return [column for column in (self.id, self.period, self.scheme, *self.texts) if column is not None]

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the table without what was taken from it."""
        return type(self), tuple(getattr(self, one.name) for one in fields(self) if one.init)

    def __len__(self) -> int:
        """Return the number of rows (units × periods)."""
        return len(self._kept["labels"]) if "labels" in self._kept else len(self.frame)

    def __repr__(self) -> str:
        count = len(self.unit_names)
        size = f"{count} unit{'s' if count != 1 else ''}"
        if self.period is not None:
            size += f" × {len(self.periods)} period{'s' if len(self.periods) != 1 else ''}"
        if self.scheme is not None:
            size += f" in {len(self.schemes)} scheme{'s' if len(self.schemes) != 1 else ''}"
        return f"Units({size}, inputs: {', '.join(self.inputs)}; outputs: {', '.join(self.outputs)})"

    def _repr_html_(self) -> str:
        listed = {"inputs": self.inputs, "outputs": self.outputs, "environment": self.environment, "extra": self.extra}
        roles = {"id": self.id, "period": self.period, "scheme": self.scheme}
        roles |= {name: ", ".join(columns) for name, columns in listed.items()}
        said = "".join(f"<tr><th>{name}</th><td>{escape(text)}</td></tr>" for name, text in roles.items() if text)
        title = repr(self).partition(", inputs:")[0].removeprefix("Units(")
        table = table_html(self.frame, f"First rows of {len(self)}")
        return f"<p><b>Units: {title}</b></p><table>{said}</table>{table}{warnings_html(self.warnings)}"


class _Made:
    """The frame of a table: what was given, or made by it when it is first asked for."""

    def __init__(self, slot: Any):
        self.slot = slot

    def __get__(self, units: Any, owner: Any = None) -> Any:
        if units is None:
            return self
        frame = self.slot.__get__(units, owner)
        if callable(frame):
            frame = frame()
            self.slot.__set__(units, frame)
        return frame

    def __set__(self, units: Any, frame: Any) -> None:
        self.slot.__set__(units, frame)


# A frame costs the import of pandas, which is half the time from arrays to scores in a new process.
type.__setattr__(Units, "frame", _Made(Units.__dict__["frame"]))


def _plain(blocks: Mapping[str, FloatArray], labels: Sequence[str]) -> bool:
    """Tell whether arrays and names break no rule of a table and need not be looked at cell by cell."""
    numbers = all(bool(((block >= SMALLEST) & (block <= LARGEST)).all()) for block in blocks.values())
    return numbers and all(map(str.isalnum, labels)) and len(set(labels)) == len(labels) > 0


_YEARS = ("aar", "år", "year", "period", "periode")
_COSTS = ("kost", "cost", "utgift", "expen", "lønn", "lonn", "input", "innsats")


def roles_wanted(table: Any, name: str) -> str:
    """Return what to do with a table whose columns have no roles: the lines that give them, with its own columns.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"enhet": ["A", "B"], "kostnad": [9.0, 8.0], "timer": [3.0, 4.0]})
    >>> print(roles_wanted(frame, "units"))
    units must say what each column is, and a DataFrame does not (its columns are enhet, kostnad, timer). Say so first:
    units = bench.Units.from_frame(frame, id='enhet', inputs=['kostnad'], outputs=['timer'])
    """
    import pandas as pd

    kind = type(table).__name__
    try:
        frame = as_pandas(table)
    except OptionError:
        return f"{name} must be a table made by bench.Units.from_frame, from_arrays or bench.read_units, not a {kind}"
    columns = [str(column) for column in frame.columns]
    numbers = [str(column) for column in frame.columns if pd.api.types.is_numeric_dtype(frame[column])]
    period = next((column for column in columns if column.casefold() in _YEARS), None)
    numbers = [column for column in numbers if column != period]
    labels = [column for column in columns if column not in numbers and column != period]
    inputs = [column for column in numbers if any(word in column.casefold() for word in _COSTS)] or numbers[:1]
    outputs = [column for column in numbers if column not in inputs]
    call = [f"id={labels[0] if labels else 'the column that names the unit'!r}"]
    call += [f"period={period!r}"] if period is not None else []
    call += [f"inputs={inputs!r}", f"outputs={outputs or ['the columns of services']!r}"]
    return (
        f"{name} must say what each column is, and a {kind} does not (its columns are {', '.join(columns)}). "
        f"Say so first:\nunits = bench.Units.from_frame(frame, {', '.join(call)})"
    )
