"""``bench compare``: several financing systems on the same data, side by side."""

from __future__ import annotations

from typing import Any

import click

from bench.cli.roles import dialect_options, role_options
from bench.cli.simulate import Forward, forward_options


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option("--file", type=click.Path(), help="Accounts; the first model's own bundled data when omitted.")
@forward_options
@role_options
@dialect_options
def compare(models: tuple[str, ...], file: str | None, **options: Any) -> None:
    """Play every MODEL on the same data in the same worlds and write one table, one page and the charts to DIR.

    The first MODEL gives the data; the others' rules are put on them. So
    ``bench compare kristiansand hamar --out DIR`` shows Kristiansand's accounts under the rules of both.
    """
    Forward.of(file, "give one with --file", options).play("compare", models, file)
