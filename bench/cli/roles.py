"""The options that give columns their roles and describe a file, shared by every command that reads one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.core import ParameterSource

Command = TypeVar("Command", bound=Callable[..., Any])


def split_names(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Split ``a,b`` and repeated options into one tuple of names."""
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def _names(option: str, text: str) -> Callable[[Command], Command]:
    return click.option(option, multiple=True, callback=split_names, metavar="A,B", help=text)


def summed(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> str | None:
    """Read one column, or several whose sum is meant."""
    from bench.reading.sums import sum_of

    return sum_of([value.strip() for value in values if value.strip()]) or None


_ROLES = (
    click.option("--id", "id", metavar="COLUMN", help="Column that names the unit."),
    click.option("--period", metavar="COLUMN", help="Column with the year."),
    click.option("--scheme", metavar="COLUMN", help="Column with the financing scheme."),
    click.option(
        "--cost",
        multiple=True,
        callback=summed,
        metavar="COLUMN",
        help="Column with cost in NOK; several, or 'A + B', are added. The only input unless --inputs says more.",
    ),
    _names("--inputs", "Input columns of the frontier."),
    _names("--outputs", "Columns with the volume of each service."),
    _names("--environment", "Columns with conditions the unit cannot choose."),
    _names("--extra", "Other number columns the model needs."),
)


def one_or_more(context: click.Context, parameter: click.Parameter, value: str | None) -> str | list[str] | None:
    """Read one name, or several with commas between them."""
    names = [name.strip() for name in (value or "").split(",") if name.strip()]
    return (names[0] if len(names) == 1 else names) or None


def factors(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, float] | None:
    """Read ``COLUMN=1000`` options."""
    found = {}
    for value in values:
        column, sign, factor = value.rpartition("=")
        try:
            found[column.strip()] = float(factor.replace(",", "."))
        except ValueError:
            sign = ""
        if not sign or not column.strip():
            raise click.BadParameter(f"{value!r}: write COLUMN=FACTOR, such as 'kostnad=1000'")
    return found or None


#: Where a command's wish for language and detail is kept, for it and for the group that shows its errors.
_LANGUAGE, _EVERY = "bench.language", "bench.all"


def remember_language(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Keep the language that was asked for on the command line; English where none was."""
    stated = context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
    if stated and value:
        context.meta[_LANGUAGE] = value if isinstance(value, str) else value[0]
    return value


def remember_all(context: click.Context, parameter: click.Parameter, value: bool) -> bool:
    """Keep whether every finding is to be shown."""
    context.meta[_EVERY] = value
    return value


#: ``--all``: every finding on a line of its own.
ALL = click.option(
    "--all",
    is_flag=True,
    expose_value=False,
    callback=remember_all,
    help="Show every finding; otherwise one line for each cause.",
)
#: ``--language`` of a command that writes no report.
LANGUAGE = click.option(
    "--language",
    type=click.Choice(["nb", "en"]),
    expose_value=False,
    callback=remember_language,
    help="Language of the findings; English when it is not given.",
)


def chosen_language() -> str:
    """Return the language that findings are said in."""
    context = click.get_current_context(silent=True)
    return str(context.meta.get(_LANGUAGE, "en")) if context is not None else "en"


def every_finding() -> bool:
    """Tell whether each finding is to stand on a line of its own."""
    context = click.get_current_context(silent=True)
    return bool(context.meta.get(_EVERY)) if context is not None else False


#: ``--map``: a mapping file gives what is not given on the command line.
_MAPPING = click.option(
    "--map",
    "mapping",
    type=click.Path(),
    metavar="FILE",
    help="Mapping file (see bench map); other options come first.",
)

_DIALECT = (
    ALL,
    _MAPPING,
    click.option(
        "--sheet", metavar="A,B", callback=one_or_more, help="Sheet of a workbook; several, or *, are stacked."
    ),
    click.option(
        "--header", type=click.IntRange(min=0), metavar="ROW", help="Row of the header; 0 when there is none."
    ),
    click.option("--years-in-columns", metavar="COLUMN", help="They become rows; name of the column with the year."),
    click.option("--decimal", type=click.Choice([",", "."]), help="Decimal sign, when the file cannot tell."),
    click.option("--thousands", type=click.Choice([" ", ".", ",", "'", ""]), help="Sign that groups digits."),
    click.option("--delimiter", metavar="SIGN", help="Sign between columns in a text file; tab or space by name."),
    click.option("--encoding", metavar="NAME", help="Encoding of a text file, such as cp1252."),
    click.option("--leave-out", "leave_out", multiple=True, metavar="UNIT", help="Unit to leave out; may be repeated."),
    click.option(
        "--where", multiple=True, metavar="CONDITION", help="Rows to keep, such as 'status=aktiv' or 'aar>=2020'."
    ),
    click.option(
        "--scale",
        multiple=True,
        callback=factors,
        metavar="COLUMN=FACTOR",
        help="1000 for thousands, 1 for whole numbers.",
    ),
    click.option("--currency", metavar="CODE", help="Currency of the amounts, when it is not NOK."),
    _names("--accept", "Rules to record as warnings instead of errors."),
)

#: Names of the options that describe a file, as :func:`bench.read_units` calls them.
DIALECT_NAMES = (
    "sheet",
    "header",
    "years_in_columns",
    "decimal",
    "thousands",
    "delimiter",
    "encoding",
    "leave_out",
    "where",
    "scale",
    "currency",
    "join",
    "accept",
)


#: Options that add to what a mapping says, where others take its place.
ADDED = ("leave_out", "where", "accept")


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
    return {name: value for name, value in options.items() if value not in (None, (), "", [], {})}


def mapped(path: str | None, options: dict[str, Any]) -> dict[str, Any]:
    """Return options with what a mapping file says where the command line says nothing.

    Parameters
    ----------
    path : str, optional
        The mapping file.
    options : dict
        Roles and dialect by name, as the command line gave them.
    """
    if path is None:
        return options
    from bench.mapping import load_mapping

    found = load_mapping(path)
    said = {**found.columns(), **found.read()}
    if "year" in said and options.get("period"):
        said.pop("year")
    made = {**options, **{name: value for name, value in said.items() if options.get(name) in (None, (), "", {})}}
    for name in ADDED:  # what is left out, kept and accepted on the command line joins what the mapping says
        made[name] = list(dict.fromkeys([*said.get(name, ()), *(options.get(name) or ())]))
    made["scale"] = {**said.get("scale", {}), **(options.get("scale") or {})}
    return made
