"""``bench trace``: where a number comes from, down to the cells and the sourced values."""

from __future__ import annotations

import click

from bench.cli.output import show, show_json
from bench.cli.roles import remember_language
from bench.report.words.findings import in_language
from bench.report.words.texts import Texts


def show_schema(context: click.Context, parameter: click.Parameter, value: bool) -> None:
    """Print the JSON schema of a trace, and end."""
    if not value:
        return
    from bench.trace.schema import json_schema

    show_json(json_schema())
    context.exit()


@click.command()
@click.option(
    "--schema",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=show_schema,
    help="Print the JSON schema of --format json, and end.",
)
@click.argument("directory", type=click.Path())
@click.option("--unit", required=True, metavar="NAME", help="The unit whose number it is.")
@click.option("--price", metavar="SERVICE", help="Trace the unit's price of this service.")
@click.option("--number", metavar="FRAME.COLUMN", help="Trace this number, such as settlement.income.")
@click.option("--scheme", metavar="S", help="Scheme, where the unit is in several.")
@click.option("--year", type=int, metavar="Y", help="Year; the latest when omitted.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--language",
    type=click.Choice(["nb", "en"]),
    default="en",
    show_default=True,
    callback=remember_language,
    help="Of the words around numbers.",
)
def trace(
    directory: str,
    unit: str,
    price: str | None,
    number: str | None,
    scheme: str | None,
    year: int | None,
    form: str,
    language: str,
) -> None:
    """Show how a number in the result saved in DIRECTORY was made: rule, inputs with their cells, parameters, rounding.

    Without --price and --number: the unit's result of the year. ``bench trace --schema`` says what --format json holds.
    """
    if price is not None and number is not None:
        raise click.UsageError("give --price or --number, not both")
    from bench.trace import trace as traced

    node = traced(directory, unit, price=price, number=number, scheme=scheme, year=year)
    if form == "json":
        show_json(node.to_dict())
        return
    show(node.to_text(str if language == "en" else lambda text: _in_table(text, language)))


def _in_table(text: str, language: str) -> str:
    """Return a word of a trace, its rule, its status or the engine's own remark, as the pages say it."""
    texts = Texts(language)
    return next((said for group in _GROUPS if (said := texts.known(group, text))), in_language(text, language))


#: Where the words of a trace stand in the tables of texts.
_GROUPS = ("trace", "status", "provenance", "source")
