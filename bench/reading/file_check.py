"""`check_file`: a report of what is in a file and every problem in it, without refusing anything."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.errors import DataError, Issue, issue_frame
from bench.reading.checks import clean_labels, hidden_spaces, near_duplicates
from bench.reading.findings import number_dialect, number_issues, ordered, total_and_parts
from bench.reading.joins import Join
from bench.reading.load import Layout, Readable
from bench.reading.measuring import CURRENCY, measure_columns, measured
from bench.reading.profile import NUMERIC, ColumnProfile, profile_column, with_identifier
from bench.reading.reader import Handling, read_with_roles
from bench.reading.roles import NUMBER_ROLES, make_roles
from bench.reading.table import Table
from bench.reading.totals import total_rows
from bench.reading.values.numbers import NumberColumn, parse_numbers
from bench.units import Units

if TYPE_CHECKING:
    import pandas as pd


#: Of the dialect, what is the file's own text and no words of the engine, by the beginning of the key.
_OF_THE_FILE = ("title", "left_out", "where", "joined_", "sum_")


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """What :func:`check_file` found.

    Attributes
    ----------
    file, sheet, sha256 : str
    dialect : Mapping[str, str]
        Encoding, delimiter, decimal sign and so on, and how many cells were converted.
    rows : int
        Data rows.
    columns : tuple of ColumnProfile
    issues : tuple of Issue
        Errors first.
    units : Units or None
        The validated table, when roles were given and there is no error.
    factors : Mapping of str to tuple of float
        The different factors that the rows of each number column with a role are multiplied by.

    Examples
    --------
    >>> import io
    >>> report = check_file(io.BytesIO(b"enhet;aar;kostnad;timer\\nA;2004;10,5;100\\nB;2004;12,25;\\n"))
    >>> [(column.name, column.kind, column.role) for column in report.columns]
    [('enhet', 'text', 'id'), ('aar', 'period', 'period'), ('kostnad', 'number', 'inputs'), \
('timer', 'whole number', 'outputs')]
    >>> report.dialect["decimal"], report.ok
    (',', True)
    """

    file: str
    sheet: str
    sha256: str
    dialect: dict[str, str]
    rows: int
    columns: tuple[ColumnProfile, ...]
    issues: tuple[Issue, ...]
    units: Units | None = None
    factors: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.rows, len(self.columns)

    @property
    def errors(self) -> tuple[Issue, ...]:
        """Issues that stop a run."""
        return tuple(issue for issue in self.issues if issue.severity == "error")

    @property
    def warnings(self) -> tuple[Issue, ...]:
        """Issues that do not stop a run."""
        return tuple(issue for issue in self.issues if issue.severity == "warning")

    @property
    def ok(self) -> bool:
        """True when there is no error."""
        return not self.errors

    @property
    def suggestion(self) -> str:
        """Call of ``read_units`` with the roles given or suggested; empty without id, input and output."""
        names = {role: [column.name for column in self.columns if column.role == role] for role in _ALL_ROLES}
        if not (names["id"] and names["inputs"] and names["outputs"]):
            return ""
        labels = [f"{role}={names[role][0]!r}" for role in ("id", "period", "scheme") if names[role]]
        numbers = [f"{role}={names[role]!r}" for role in NUMBER_ROLES if names[role]]
        return f"bench.read_units({', '.join([repr(self.file), *labels, *numbers])})"

    def to_frame(self) -> pd.DataFrame:
        """Return the issues, one row each."""
        return issue_frame(self.issues)

    def columns_frame(self) -> pd.DataFrame:
        """Return the columns, one row each."""
        import pandas as pd

        fields = list(ColumnProfile.__dataclass_fields__)
        return pd.DataFrame([[getattr(column, name) for name in fields] for column in self.columns], columns=fields)

    def summary(self) -> str:
        """Return the report as text."""
        lines = [self.described(), "", self.counts()]
        return "\n".join([*lines, *(f"  {issue.severity} {issue}" for issue in self.issues)])

    def described(self, say: Callable[[str], str] = str) -> str:
        """Return what is in the file as text, without the findings; ``say`` gives its words in another language."""
        sheet = f", {say('sheet')} {self.sheet}" if self.sheet else ""
        place = f"{self.file or 'data'}{sheet}"
        lines = [f"{place}: {self.rows} {say('rows')}, {len(self.columns)} {say('columns')}"]
        lines += [""] * bool(self.dialect) + [
            f"  {say(key.replace('_', ' '))}: {_visible(value if key.startswith(_OF_THE_FILE) else say(value))}"
            for key, value in self.dialect.items()
        ]
        if self.columns:
            lines += ["", *_table(self.columns, say)]
        if self.suggestion and self.units is None and self.ok:
            lines += ["", "Read it with", f"  {self.suggestion}"]
        return "\n".join(lines)

    def __repr__(self) -> str:
        size = f"{self.rows} rows × {len(self.columns)} columns"
        return f"Report({self.file}: {size}, {self.counts()})"

    def counts(self, say: Callable[[str], str] = str) -> str:
        """Return how many errors and warnings there are."""
        counts = (("error", len(self.errors)), ("warning", len(self.warnings)))
        return ", ".join(f"{count} {say(word if count == 1 else f'{word}s')}" for word, count in counts)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values: file, dialect, columns and every finding."""
        columns = [
            {name: None if value != value else value for name, value in asdict(column).items()}
            for column in self.columns
        ]
        return {
            "file": self.file,
            "sheet": self.sheet,
            "sha256": self.sha256,
            "rows": self.rows,
            "dialect": dict(self.dialect),
            "columns": columns,
            "issues": [asdict(issue) for issue in self.issues],
        }

    def _repr_html_(self) -> str:
        from html import escape

        return f'<pre style="font-family:monospace;white-space:pre">{escape(self.summary())}</pre>'


_ALL_ROLES = ("id", "period", "scheme", *NUMBER_ROLES)


def check_file(
    source: Readable,
    *,
    id: str | None = None,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
    period: str | None = None,
    scheme: str | None = None,
    environment: Sequence[str] = (),
    input_prices: Sequence[str] = (),
    output_prices: Sequence[str] = (),
    extra: Sequence[str] = (),
    texts: Sequence[str] = (),
    sheet: str | Sequence[str] | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    header: int | None = None,
    years_in_columns: str | None = None,
    leave_out: Collection[str] = (),
    where: Sequence[str] = (),
    scale: Mapping[str, float] | None = None,
    join: Sequence[Mapping[str, Any]] = (),
    currency: str = CURRENCY,
    accept: Collection[str] = (),
) -> Report:
    """Look into a file and report what is there, with or without roles for its columns.

    Parameters
    ----------
    source, id, inputs, outputs, period, scheme, environment, input_prices, output_prices, extra, texts, sheet, \
decimal, thousands, delimiter, encoding, header, years_in_columns, leave_out, where, scale, join, currency, accept
        As for :func:`read_units`. Without roles the numbers of every column that mostly holds numbers are checked, and
        roles are suggested from the names.

    Returns
    -------
    Report
        Problems in the data are in the report, never raised.

    Raises
    ------
    ResourceError
        When there is no such file.
    OptionError
        When an option cannot be used.

    Examples
    --------
    >>> import io
    >>> report = check_file(io.BytesIO(b"enhet;kostnad\\nA;1.234\\nB;\\n"), id="enhet", inputs=["kostnad"])
    >>> [(issue.rule, issue.cell) for issue in report.errors]
    [('ambiguous-number', 'B2'), ('empty-cell', 'B3')]
    """
    roles = make_roles(
        id=id,
        period=period,
        scheme=scheme,
        inputs=inputs,
        outputs=outputs,
        environment=environment,
        input_prices=input_prices,
        output_prices=output_prices,
        extra=extra,
        texts=texts,
    )
    try:
        layout = Layout(sheet, delimiter, encoding, header, years_in_columns, tuple(map(Join.of, join)))
        handling = Handling(decimal, thousands, accept, leave_out, where, scale or {}, currency)
        outcome = read_with_roles(source, roles, layout, handling, lenient=True)
    except DataError as error:
        file = next((issue.file for issue in error.issues), "")
        return Report(file, "", "", {}, 0, (), error.issues)
    table, issues = outcome.table, list(outcome.issues)
    profiles: list[ColumnProfile] = []
    numbers: dict[str, NumberColumn] = {}
    heard: dict[str, str] = {}
    by_row = measure_columns(table, [*roles.labels, *roles.numbers])
    for position, name in enumerate(table.columns):
        column = parse_numbers(table.cells[position], decimal=decimal, thousands=thousands)
        profile = profile_column(table, position, column, roles)
        profiles.append(profile)
        if name not in roles.labels and name not in roles.numbers and profile.kind in NUMERIC:
            numbers[name] = column
            if not roles.numbers:
                issues += number_issues(table, position, column)
                known = measured(table, name, column, scale=handling.scale, currency=currency, by_row=by_row)
                issues += [issue for issue in known.issues if issue.rule != "unclear-measure"]
                heard |= {f"measure_of_{name}": known.note} if known.note else {}
    if roles.id is None:
        profiles = with_identifier(table, profiles)
        issues += _names_of_units(table, profiles, numbers)
    issues += total_and_parts(table)
    dialect = (
        dict(outcome.source.dialect)
        if roles.numbers
        else {**table.source.dialect, **number_dialect(table, numbers), **heard}
    )
    return Report(
        table.source.file,
        table.source.sheet,
        table.source.sha256,
        dialect,
        len(table),
        tuple(profiles),
        ordered(table, issues, accept),
        outcome.units,
        outcome.factors,
    )


def _names_of_units(
    table: Table, profiles: Sequence[ColumnProfile], numbers: Mapping[str, NumberColumn]
) -> list[Issue]:
    """Look at the names in the column that seems to name the units."""
    name = next((profile.name for profile in profiles if profile.role == "id"), None)
    if name is None:
        return []
    labels = clean_labels(table.column(name))
    volumes = [
        numbers[one.name].values for one in profiles if one.role in ("inputs", "outputs") and one.name in numbers
    ]
    period = next((profile.name for profile in profiles if profile.role == "period"), None)
    groups = np.unique(clean_labels(table.column(period)), return_inverse=True)[1] if period is not None else None
    return [
        *hidden_spaces(table, name, labels),
        *near_duplicates(table, name, labels),
        *total_rows(table, name, labels, np.column_stack(volumes) if volumes else None, groups),
    ]


def _visible(value: str) -> str:
    return value if value.strip() else repr(value)


def _table(columns: Sequence[ColumnProfile], say: Callable[[str], str]) -> list[str]:
    head = tuple(map(say, ("cell", "column", "kind", "filled", "distinct", "smallest", "largest", "role")))
    body = [
        (
            column.cell,
            column.name,
            say(column.kind),
            str(column.filled),
            str(column.distinct),
            _number(column.smallest, column.kind),
            _number(column.largest, column.kind),
            column.role,
        )
        for column in columns
    ]
    widths = [max(len(row[k]) for row in [head, *body]) for k in range(len(head))]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [head, *body]
    ]


def _number(value: float, kind: str) -> str:
    if value != value:
        return ""
    return f"{value:.10g}" if kind == "period" else f"{value:,.10g}".replace(",", " ")
