"""The options that say how findings are shown: in which language, and whether each on a line of its own."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

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
