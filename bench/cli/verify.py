"""``bench verify``: can this result be made again?"""

from __future__ import annotations

import click

from bench.cli.output import say
from bench.cli.roles import LANGUAGE


def named_paths(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Read ``name=path`` options."""
    found = {}
    for text in values:
        name, sign, path = text.partition("=")
        if not (name and sign and path):
            raise click.BadParameter(f"{text!r}: write NAME=PATH, such as data.csv=accounts/data.csv")
        found[name] = path
    return found


@click.command()
@click.argument("directory", type=click.Path())
@click.option(
    "--source",
    "sources",
    multiple=True,
    callback=named_paths,
    metavar="NAME=PATH",
    help="A source the folder keeps no copy of, as it withholds small counts. May be repeated.",
)
@LANGUAGE
def verify(directory: str, sources: dict[str, str]) -> None:
    """Check every file of a saved result in DIRECTORY against its manifest, make it again and compare.

    On the machine and with the versions it was made with, every byte must be the same. On another, every number must
    be; what differs, and why, is said.
    """
    from bench.verification import verify as check

    found = check(directory, sources)
    say(found.summary())
    if not (found.ok or found.same_numbers):
        raise click.exceptions.Exit(6)
