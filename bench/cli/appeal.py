"""``bench appeal``: one number corrected, and who else it moves."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("directory", type=click.Path())
@click.option("--unit", required=True, help="Whose number it is.")
@click.option(
    "--cell",
    required=True,
    metavar="FILE!SHEET!D6=1234",
    help="The cell and its right value; FILE!D6=1234 for a file without sheets. The value is read as the file's own.",
)
@click.option("--out", type=click.Path(), metavar="FILE.csv", help="Write every number that moves to a table.")
def appeal(directory: str, unit: str, cell: str, out: str | None) -> None:
    """Make the saved run in DIRECTORY again with one number corrected: who moves, by how much, which prices change.

    The run is first made again as it was, from the sources kept beside it, so that the two differ by that number alone.
    """
    from bench.errors import OptionError
    from bench.manifest import read_manifest
    from bench.pipeline.appeal import appeal as make
    from bench.pipeline.appeal import cell_change
    from bench.verification import saved_record

    change = cell_change(cell)
    if out is not None and Path(out).exists():
        raise OptionError(f"{out} exists: give another name")
    manifest = read_manifest(directory)
    found = make(saved_record(Path(directory), manifest), unit, change, synthetic=manifest.synthetic)
    if out is not None:
        found.moves.to_csv(out, index=False, sep=";", decimal=",", encoding="utf-8-sig")
    click.echo(found.summary())
