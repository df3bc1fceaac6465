"""The options that give columns their roles and describe a file, shared by every command that reads one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def split_names(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Split ``a,b`` and repeated options into one tuple of names."""
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def _names(option: str, text: str) -> Callable[[Command], Command]:
    return click.option(option, multiple=True, callback=split_names, metavar="A,B", help=text)


_ROLES = (
    click.option("--id", "id", metavar="COLUMN", help="Column that names the unit."),
    click.option("--period", metavar="COLUMN", help="Column with the year."),
    click.option("--scheme", metavar="COLUMN", help="Column with the financing scheme."),
    click.option("--cost", metavar="COLUMN", help="Column with cost in NOK; the only input unless --inputs says more."),
    _names("--inputs", "Input columns of the frontier."),
    _names("--outputs", "Columns with the volume of each service."),
    _names("--environment", "Columns with conditions the unit cannot choose."),
    _names("--extra", "Other number columns the model needs."),
)

_DIALECT = (
    click.option("--sheet", metavar="NAME", help="Sheet of a workbook."),
    click.option("--decimal", type=click.Choice([",", "."]), help="Decimal sign, when the file cannot tell."),
    click.option("--delimiter", metavar="SIGN", help="Sign between columns in a text file."),
    click.option("--encoding", metavar="NAME", help="Encoding of a text file, such as cp1252."),
    _names("--accept", "Rules to record as warnings instead of errors."),
)


def applied(options: tuple[Callable[[Any], Any], ...], command: Command) -> Command:
    """Add options to a command, in their order."""
    for option in reversed(options):
        command = option(command)
    return command


def role_options(command: Command) -> Command:
    """Add the options that give columns their roles."""
    return applied(_ROLES, command)


def dialect_options(command: Command) -> Command:
    """Add the options that describe a file."""
    return applied(_DIALECT, command)


def given(**options: Any) -> dict[str, Any]:
    """Return only the options the user gave."""
    return {name: value for name, value in options.items() if value not in (None, (), "")}
