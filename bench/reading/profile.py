"""`check_file`: what is in a file, what each column may be, and every problem, without refusing anything."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from bench.errors import DataError, Issue, issue_frame
from bench.reading.checks import clean_labels, hidden_spaces, near_duplicates, total_rows
from bench.reading.findings import number_dialect, number_issues, ordered
from bench.reading.grid import is_blank
from bench.reading.load import Readable
from bench.reading.numbers import NumberColumn, parse_numbers
from bench.reading.reader import read_with_roles
from bench.reading.roles import NUMBER_ROLES, Roles, make_roles
from bench.reading.table import Table
from bench.units import Units

if TYPE_CHECKING:
    import pandas as pd

ColumnKind = Literal["number", "whole number", "share", "code", "period", "date", "text", "mixed", "empty"]

#: Words in the names of columns, and the role they suggest. Norwegian and English; the first match counts.
_WORDS: tuple[tuple[str, str], ...] = (
    ("period", r"aar|år|year|periode|period|tid|kvartal|quarter|maaned|måned|month"),
    ("scheme", r"ordning|scheme|finansieringsordning|tjenesteomr\w*"),
    ("id", r"enhet\w*|unit|units|dmu|firm|firma|provider|virksomhet|sone|bydel|kommune\w*|region|sykehjem|navn|name"),
    ("input_prices", r"faktorpris\w*|input.?price\w*|lønnssats|wage.?rate"),
    ("output_prices", r"\w*pris|\w*priser|\w*sats|\w*satser|price|prices|rate|tariff"),
    ("inputs", r"\w*kostnad\w*|\w*utgift\w*|kost|cost|costs|opex|totex|expenditure|årsverk|aarsverk|fte|input\w*|x\d+"),
    (
        "outputs",
        r"\w*timer|hours|\w*besøk|\w*besok|visits|\w*brukere|users|\w*døgn|\w*dogn|\w*dager|\w*days|\w*plasser|places|"
        r"\w*vedtak|decisions|\w*volum\w*|volume|antall\w*|output\w*|y\d+",
    ),
    ("environment", r"reisetid|travel\w*|avstand|distance|\w*andel\w*|share|tetthet|density|z\d+"),
)
_SPLIT = re.compile(r"[\s_./()-]+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}.*|\d{1,2}[./]\d{1,2}[./]\d{2,4}")
_FIRST_YEAR, _LAST_YEAR = 1900, 2100


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column of a file.

    Attributes
    ----------
    name, cell : str
        Name and address of the header.
    kind : str
        ``number``, ``whole number``, ``share`` (all in per cent, or between 0 and 1), ``code`` (digits with leading
        zeros), ``period``, ``date``, ``text``, ``mixed`` (numbers and other things) or ``empty``.
    filled, distinct : int
        Cells that are not blank, and different values among them.
    smallest, largest : float
        Of the numbers; NaN where there are none.
    role : str
        Role it was given, or else the role its name and content suggest; may be empty.
    """

    name: str
    cell: str
    kind: ColumnKind
    filled: int
    distinct: int
    smallest: float
    largest: float
    role: str


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
        place = f"{self.file or 'data'}{f', sheet {self.sheet}' if self.sheet else ''}"
        lines = [f"{place}: {self.rows} rows, {len(self.columns)} columns"]
        lines += [""] * bool(self.dialect) + [
            f"  {key.replace('_', ' ')}: {_visible(value)}" for key, value in self.dialect.items()
        ]
        if self.columns:
            lines += ["", *_table(self.columns)]
        if self.suggestion and self.units is None and self.ok:
            lines += ["", "Read it with", f"  {self.suggestion}"]
        lines += ["", self._counts()]
        lines += [f"  {issue.severity} {issue}" for issue in self.issues]
        return "\n".join(lines)

    def __repr__(self) -> str:
        size = f"{self.rows} rows × {len(self.columns)} columns"
        return f"Report({self.file}: {size}, {self._counts()})"

    def _counts(self) -> str:
        counts = (("error", len(self.errors)), ("warning", len(self.warnings)))
        return ", ".join(f"{count} {word}{'' if count == 1 else 's'}" for word, count in counts)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(self.summary())}</pre>"


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
    sheet: str | Sequence[str] | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
    delimiter: str | None = None,
    encoding: str | None = None,
    header: int | None = None,
    accept: Collection[str] = (),
) -> Report:
    """Look into a file and report what is there, with or without roles for its columns.

    Parameters
    ----------
    source, id, inputs, outputs, period, scheme, environment, input_prices, output_prices, extra, sheet, decimal, \
thousands, delimiter, encoding, header, accept
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
    )
    try:
        outcome = read_with_roles(
            source,
            roles,
            sheet=sheet,
            decimal=decimal,
            thousands=thousands,
            delimiter=delimiter,
            encoding=encoding,
            header=header,
            accept=accept,
            lenient=True,
        )
    except DataError as error:
        file = next((issue.file for issue in error.issues), "")
        return Report(file, "", "", {}, 0, (), error.issues)
    table, issues = outcome.table, list(outcome.issues)
    profiles: list[ColumnProfile] = []
    numbers: dict[str, NumberColumn] = {}
    for position, name in enumerate(table.columns):
        column = parse_numbers(table.cells[position], decimal=decimal, thousands=thousands)
        profile = _profile(table, position, column, roles)
        profiles.append(profile)
        if name not in roles.labels and name not in roles.numbers and profile.kind in _NUMERIC:
            numbers[name] = column
            if not roles.numbers:
                issues += number_issues(table, name, column)
    if roles.id is None:
        issues += _names_of_units(table, profiles)
    dialect = (
        dict(outcome.source.dialect) if roles.numbers else {**table.source.dialect, **number_dialect(table, numbers)}
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
    )


def _names_of_units(table: Table, profiles: Sequence[ColumnProfile]) -> list[Issue]:
    """Look at the names in the column that seems to name the units."""
    name = next((profile.name for profile in profiles if profile.role == "id"), None)
    if name is None:
        return []
    labels = clean_labels(table.column(name))
    return [
        *hidden_spaces(table, name, labels),
        *near_duplicates(table, name, labels),
        *total_rows(table, name, labels),
    ]


_NUMERIC = ("number", "whole number", "share", "mixed")


def _profile(table: Table, position: int, column: NumberColumn, roles: Roles) -> ColumnProfile:
    cells = table.cells[position]
    name = table.columns[position]
    texts = [text for text in clean_labels(cells) if text]
    kind = _kind(texts, column, sum(map(is_blank, cells)))
    known = column.values[np.isfinite(column.values)]
    block = table.blocks[0]
    return ColumnProfile(
        name,
        block.cell(-1, position) if len(table.blocks) == 1 else "",
        kind,
        len(texts),
        len(set(texts)),
        float(known.min()) if known.size else float("nan"),
        float(known.max()) if known.size else float("nan"),
        _role_given(name, roles)
        or (_role_suggested(name, kind, unique=len(set(texts)) == len(cells) > 1) if not roles.id else ""),
    )


def _kind(texts: Sequence[str], column: NumberColumn, blank: int) -> ColumnKind:
    if not texts:
        return "empty"
    if any(len(text) > 1 and text[0] == "0" and text.isascii() and text.isdigit() for text in texts):
        return "code"
    if all(_DATE.fullmatch(text) for text in texts):
        return "date"
    bad = sum(problem.rule == "not-a-number" for problem in column.problems)
    good = len(texts) - bad
    if 2 * good <= len(texts):
        return "text"
    if bad:
        return "mixed"
    known = column.values[np.isfinite(column.values)]
    if known.size == 0:
        return "number" if column.problems else "empty"
    whole = bool((known == np.round(known)).all()) and not column.problems
    if whole and known.min() >= _FIRST_YEAR and known.max() <= _LAST_YEAR and all(len(text) == 4 for text in texts):
        return "period"
    if column.counts.get("percent") or (not whole and known.min() >= 0 and known.max() <= 1):
        return "share"
    return "whole number" if whole else "number"


def _role_given(name: str, roles: Roles) -> str:
    for role in ("id", "period", "scheme"):
        if getattr(roles, role) == name:
            return role
    return next((role for role in NUMBER_ROLES if name in getattr(roles, role)), "")


def _role_suggested(name: str, kind: ColumnKind, *, unique: bool) -> str:
    """Suggest a role from the words of a name, where the content allows it."""
    words = [word for word in _SPLIT.split(name.casefold()) if word]
    for role, pattern in _WORDS:
        if any(re.fullmatch(pattern, word) for word in words) and _allows(role, kind):
            return role
    if kind == "period":
        return "period"
    return "id" if kind in ("text", "code") and unique else ""


def _allows(role: str, kind: ColumnKind) -> bool:
    if role == "period":
        return kind in ("period", "date", "text", "whole number")
    if role in ("id", "scheme"):
        return kind in ("text", "code", "whole number", "mixed")
    return kind in _NUMERIC


def _visible(value: str) -> str:
    return value if value.strip() else repr(value)


def _table(columns: Sequence[ColumnProfile]) -> list[str]:
    head = ("cell", "column", "kind", "filled", "distinct", "smallest", "largest", "role")
    body = [
        (
            column.cell,
            column.name,
            column.kind,
            str(column.filled),
            str(column.distinct),
            _number(column.smallest),
            _number(column.largest),
            column.role,
        )
        for column in columns
    ]
    widths = [max(len(row[k]) for row in [head, *body]) for k in range(len(head))]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [head, *body]
    ]


def _number(value: float) -> str:
    return "" if value != value else f"{value:,.10g}".replace(",", " ")
