"""``bench compare``: several financing systems on the same data, side by side."""

from __future__ import annotations

from typing import Any

import click

from bench.cli.roles import dialect_options, role_options
from bench.cli.simulate import Forward, forward_options


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option("--file", type=click.Path(), help="Accounts; the first model's own bundled data when omitted.")
@click.option(
    "--flip", multiple=True, metavar="DRIVER,DRIVER",
    help="Map the best system over two drivers: fixed_share, volatility, common, growth. Share of fixed cost by "
    "movement of volume, and by growth, when omitted.",
)  # fmt: skip
@click.option(
    "--between", multiple=True, metavar="MODEL",
    help="A system to set against the others named so in the maps; the first four when omitted.",
)  # fmt: skip
@forward_options
@role_options
@dialect_options
def compare(
    models: tuple[str, ...], file: str | None, flip: tuple[str, ...], between: tuple[str, ...], **options: Any
) -> None:
    """Play every MODEL on the same data in the same worlds and write one table, one page and the charts to DIR.

    The first MODEL gives the data; the others' rules are put on them. So
    ``bench compare kristiansand hamar --out DIR`` shows Kristiansand's accounts under the rules of both.
    """
    from bench.pipeline.outlook.flip_maps import USUAL

    asked = Forward.of(file, "give one with --file", options)
    asked.play("compare", models, file, flip=flip or USUAL, between=between)
