"""``bench trace``: where a number comes from, down to the cells and the sourced values."""

from __future__ import annotations

import json

import click


@click.command()
@click.argument("directory", type=click.Path())
@click.option("--unit", required=True, metavar="NAME", help="The unit whose number it is.")
@click.option("--price", metavar="SERVICE", help="Trace the unit's price of this service.")
@click.option("--number", metavar="FRAME.COLUMN", help="Trace this number, such as settlement.income.")
@click.option("--scheme", metavar="S", help="Scheme, where the unit is in several.")
@click.option("--year", type=int, metavar="Y", help="Year; the latest when omitted.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def trace(
    directory: str, unit: str, price: str | None, number: str | None, scheme: str | None, year: int | None, form: str
) -> None:
    """Show how a number in the result saved in DIRECTORY was made: rule, inputs with their cells, parameters, rounding.

    Without --price and --number: the unit's result of the year.
    """
    if price is not None and number is not None:
        raise click.UsageError("give --price or --number, not both")
    from bench.trace import trace as traced

    node = traced(directory, unit, price=price, number=number, scheme=scheme, year=year)
    click.echo(node.to_text() if form == "text" else json.dumps(node.to_dict(), ensure_ascii=False, indent=2))
