"""``bench verify``: can this result be made again?"""

from __future__ import annotations

import click


@click.command()
@click.argument("directory", type=click.Path())
def verify(directory: str) -> None:
    """Check every file of a saved result in DIRECTORY against its manifest, make it again and compare.

    On the machine and with the versions it was made with, every byte must be the same. On another, every number must
    be; what differs, and why, is said.
    """
    from bench.verification import verify as check

    found = check(directory)
    click.echo(found.summary())
    if not (found.ok or found.same_numbers):
        raise click.exceptions.Exit(6)
