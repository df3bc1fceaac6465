"""`MethodResult`: one surface for every envelopment method beside :func:`bench.dea`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bench.envelopment.core.spread import band_rows, quartile_rows
from bench.errors import Issue, OptionError, issue_frame, nearest
from bench.presenting import Summary, profile_html, table_html, warnings_html, with_labels, write_workbook
from bench.typing import FloatArray

if TYPE_CHECKING:
    import pandas as pd

    from bench.units import Units


@dataclass(frozen=True, slots=True, eq=False)
class MethodResult:
    """What a method found for every unit, with the numbers behind it.

    Attributes
    ----------
    title : str
        Method and source.
    frame : DataFrame
        One row per unit (or per pair, step or period, as the method's documentation says).
    values : object
        The numerical result: a frozen dataclass of arrays.
    measure : str
        The column of ``frame`` that ranks units; charts show it.
    options : Mapping
        What was asked for.
    issues : tuple of Issue
        Units whose program has no solution, and why; nothing is dropped.

    Examples
    --------
    >>> import bench
    >>> from bench.envelopment.measures.directional import directional
    >>> units = bench.Units.from_arrays([[2.0], [4.0]], [[1.0], [1.0]], names=["A", "B"])
    >>> result = directional(units, rts="crs", direction="inputs")
    >>> result["beta"].round(6).tolist()
    [0.0, 0.5]
    """

    title: str
    frame: pd.DataFrame
    values: Any
    measure: str
    options: Mapping[str, Any] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return a copy of the frame."""
        return self.frame.copy()

    def __getitem__(self, columns: str | list[str]) -> Any:
        """Return one column of the frame, or a frame of several."""
        known = [str(name) for name in self.frame.columns]
        for column in [columns] if isinstance(columns, str) else columns:
            if column not in known:
                raise OptionError(f"no column {column!r}{nearest(column, known)}; there are {', '.join(known)}")
        return self.frame[columns]

    @property
    def efficiency(self) -> pd.Series[Any]:
        """The column ``efficiency``; methods whose measure is no share in (0, 1] have none."""
        series: pd.Series[Any] = self["efficiency"]
        return series

    def summary(self) -> Summary:
        """Return options, spread, bands of efficiency and what could not be computed: text, HTML or LaTeX."""
        values = self.frame[self.measure].to_numpy(dtype=np.float64)
        known = values[np.isfinite(values)]
        rows = [("rows", str(len(values))), ("without a value", str(len(values) - len(known)))]
        if len(known):
            rows += quartile_rows(known)
        sections = [(self.measure, tuple(rows))]
        if self.measure == "efficiency" and len(known):
            sections.append(("Units by efficiency", tuple(band_rows(known))))
        notes = tuple(f"{issue.unit or issue.rule}: {issue.message}" for issue in self.issues)
        options = tuple((str(name), str(value)) for name, value in self.options.items())
        return Summary(self.title, options, (), tuple(sections), notes)

    def to_excel(self, path: str | Path) -> Path:
        """Write a workbook with the frame, the options and the issues, and return its path."""
        import pandas as pd

        options = pd.DataFrame({"option": list(self.options), "value": [str(v) for v in self.options.values()]})
        sheets = {"result": self.frame.reset_index(), "options": options, "issues": issue_frame(self.issues)}
        return write_workbook(sheets, path)

    def plot(self) -> Any:
        """Return an Altair bar chart of the measure, highest first."""
        import altair as alt

        table = self.frame.reset_index()
        label = [str(column) for column in table.columns if column not in self.frame.columns]
        table["label"] = table[label].astype(str).agg(" ".join, axis=1) if label else table.index.astype(str)
        return (
            alt.Chart(table[["label", self.measure]])
            .mark_bar()
            .encode(
                x=alt.X(f"{self.measure}:Q", title=self.measure),
                y=alt.Y("label:N", sort="-x", title=None),
                tooltip=["label", alt.Tooltip(f"{self.measure}:Q", format=".4f")],
            )
            .properties(title=self.title)
        )

    def _repr_html_(self) -> str:
        frame = with_labels(self.frame)
        head = f"<h4>{escape(self.title)}</h4>{table_html(frame, f'First rows of {len(frame)}')}"
        return head + profile_html(self.frame[self.measure], self.measure) + warnings_html(self.issues)

    def __repr__(self) -> str:
        return f"MethodResult({self.title}; {len(self.frame)} rows, {len(self.issues)} issues)"


def unit_frame(units: Units, columns: Mapping[str, npt.ArrayLike]) -> pd.DataFrame:
    """Return a frame indexed by unit (and period) with these columns."""
    import pandas as pd

    return pd.DataFrame({name: np.asarray(values) for name, values in columns.items()}, index=units.index)


def by_column(prefix: str, names: Sequence[str], values: FloatArray) -> dict[str, FloatArray]:
    """Return ``{f"{prefix} {name}": column}`` for a matrix (n, len(names))."""
    return {f"{prefix} {name}": values[:, j] for j, name in enumerate(names)}


def unsolved(units: Units, status: npt.NDArray[np.int8], why: Mapping[int, str], remedy: str = "") -> tuple[Issue, ...]:
    """Return one warning per unit whose program has no optimum; ``why`` explains each status code."""
    rule = {1: "infeasible", 2: "unbounded"}
    names = units.names
    return tuple(
        Issue(rule[int(code)], why[int(code)], remedy, severity="warning", unit=names[row])
        for row, code in enumerate(status)
        if code
    )
