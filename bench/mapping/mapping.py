"""`Mapping`: a commented TOML file that says how a client's file is read, and its way to the reader's options."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bench.errors import Issue, ModelError, ResourceError, nearest
from bench.modelfile.further import FURTHER
from bench.modelfile.lines import key_lines, line_of
from bench.reading.sums import sum_of


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Layout(_Section):
    """Where the table is and how it is written; every key is found in the file when it is left out."""

    sheet: str | list[str] | None = None
    header: int | None = Field(default=None, ge=0)
    years_in_columns: str | None = None
    decimal: Literal[",", "."] | None = None
    thousands: Literal[" ", ".", ",", "'", ""] | None = None
    delimiter: str | None = None
    encoding: str | None = None
    currency: str | None = None


class Roles(_Section):
    """What the columns are; a cost of several columns is their sum."""

    id: str | None = None
    period: str | None = None
    scheme: str | None = None
    cost: str | list[str] | None = None
    inputs: list[str] = []
    outputs: list[str] = []
    environment: list[str] = []
    extra: list[str] = []
    year: int | None = None


class LeftOut(_Section):
    """A unit that is left out, with the reason."""

    unit: str
    reason: str


class Where(_Section):
    """A condition that every row that is kept fulfils, with the reason."""

    condition: str
    reason: str


class Accepted(_Section):
    """A rule whose findings are recorded as warnings, with the reason."""

    rule: str
    reason: str


class Joined(_Section):
    """A sheet whose columns join the table's."""

    sheet: str
    by: list[str]
    columns: list[str] = []


class Further(_Section):
    """A sheet with a further table: budget, months or index; ``columns`` says which header is which column of it.

    A budget may have its years in columns (``years_in_columns``), its services in columns (``services``, each with its
    header, which hold the ``quantity``), or be of one ``year`` or one ``service`` alone; rows of units are added.
    """

    name: Literal["budget", "months", "index"]
    sheet: str
    columns: dict[str, str] = {}
    years_in_columns: bool = False
    year: int | None = Field(default=None, ge=1900, le=2200)
    service: str | None = None
    services: dict[str, str] = {}
    quantity: Literal["budget_volume", "ordered_volume", "budget_amount"] | None = None
    leave_out: list[str] = []

    @field_validator("columns")
    @classmethod
    def _known(cls, columns: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        known = [column.name for column in FURTHER.get(info.data.get("name", ""), ())]
        wrong = [name for name in columns if known and name not in known]
        if wrong:
            raise ValueError(f"no column {wrong[0]!r}{nearest(wrong[0], known)}; there are {', '.join(known)}")
        return columns

    @model_validator(mode="after")
    def _whole(self) -> Further:
        if bool(self.services) != (self.quantity is not None):
            raise ValueError("services and quantity belong together: the columns, and what they hold")
        if self.service is not None and self.services:
            raise ValueError("either service, for a sheet of one, or services, for a column each")
        shaped = self.years_in_columns or self.services or self.leave_out or self.year is not None or self.service
        if shaped and self.name != "budget":
            raise ValueError("years_in_columns, year, service, services and leave_out shape a budget alone")
        return self

    def shape(self) -> dict[str, Any]:
        """Return what is said of the sheet beyond the names of its columns."""
        names = ("years_in_columns", "year", "service", "services", "quantity", "leave_out")
        return {name: value for name in names if (value := getattr(self, name)) not in (None, False, [], {})}


class Mapping(_Section):
    """How a file becomes a table.

    Attributes
    ----------
    file, sha256 : str, optional
        The file it was made for; another file is read all the same, and anything that no longer fits is an error.
    layout, roles : Layout, Roles
    scale : dict of str to float
        Factor of a column; negative to turn its sign.
    leave_out, where, accept, join : list
    table : list
        Sheets with budget, volumes by month or price growth.
    """

    file: str | None = None
    sha256: str | None = None
    layout: Layout = Layout()
    roles: Roles = Roles()
    scale: dict[str, float | int] = {}
    leave_out: list[LeftOut] = []
    where: list[Where] = []
    accept: list[Accepted] = []
    join: list[Joined] = []
    table: list[Further] = []

    def read(self) -> dict[str, Any]:
        """Return the keywords of :func:`bench.read_units` that describe the file."""
        made: dict[str, Any] = self.layout.model_dump(exclude_none=True)
        lists = {
            "leave_out": [part.unit for part in self.leave_out],
            "where": [part.condition for part in self.where],
            "accept": [part.rule for part in self.accept],
            "join": [part.model_dump() for part in self.join],
            "scale": {column: float(factor) for column, factor in self.scale.items()},
            "extra": list(self.roles.extra),
        }
        return made | {name: value for name, value in lists.items() if value}

    def columns(self) -> dict[str, Any]:
        """Return the roles for a model that takes any table."""
        made = self.roles.model_dump(exclude_none=True, exclude={"extra"})
        if isinstance(self.roles.cost, list):
            made["cost"] = sum_of(self.roles.cost)
        return {name: value for name, value in made.items() if value != []}


def load_mapping(path: str | Path) -> Mapping:
    """Read a mapping file.

    Raises
    ------
    ResourceError
        When it cannot be opened.
    ModelError
        When it is no mapping, with file, key and line.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ResourceError(f"the mapping {str(path)!r} cannot be opened: {error}") from None
    return read_mapping(data, str(path))


def read_mapping(data: bytes, name: str) -> Mapping:
    """Read the bytes of a mapping file.

    Raises
    ------
    ResourceError
        When it is no text.
    ModelError
        When it is no mapping, with file, key and line.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ResourceError(f"the mapping {name!r} cannot be opened: {error}") from None
    try:
        raw = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise ModelError(f"the mapping is not valid TOML: {error}", file=name) from None
    try:
        return Mapping.model_validate(raw)
    except ValidationError as error:
        lines = key_lines(text)
        first = error.errors()[0]
        place = tuple(part for part in first["loc"] if isinstance(part, (str, int)))
        message = "; ".join(_said(one) for one in error.errors())
        raise ModelError(message, file=name, key=".".join(map(str, place)), line=line_of(lines, place)) from None


def _said(error: Any) -> str:
    key = ".".join(map(str, error["loc"]))
    known = {name for section in (Mapping, Layout, Roles) for name in section.model_fields}
    if error["type"] == "extra_forbidden":
        return f"unknown key {key!r}; a mapping knows {', '.join(sorted(known))}"
    return f"{key}: {error['msg']}"


def with_lines(path: str | Path, issues: Iterable[Issue]) -> tuple[Issue, ...]:
    """Return errors of a mapping that no longer fits its file with the mapping's line, and the rest as they are."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    return tuple(_with_line(Path(path), lines, issue) if issue.severity == "error" else issue for issue in issues)


def _with_line(path: Path, lines: list[str], issue: Issue) -> Issue:
    names = [name for name in (issue.column, issue.value, issue.unit, issue.sheet) if name]
    number = next(
        (k for name in names for k, line in enumerate(lines, start=1) if f'"{name}"' in line.partition("#")[0]), None
    )
    return issue if number is None else replace(issue, remedy=f"{issue.remedy} ({path.name}, line {number})")
