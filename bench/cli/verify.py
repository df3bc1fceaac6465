"""``bench verify``: can this result be made again?"""

from __future__ import annotations

import click


@click.command()
@click.argument("directory", type=click.Path())
def verify(directory: str) -> None:
    """Check every file of a saved result in DIRECTORY against its manifest, run it again and compare."""
    from bench.verification import verify as check

    found = check(directory)
    click.echo(found.summary())
    if not found.ok:
        raise click.exceptions.Exit(6)
