"""``bench appeal``: one number corrected, and who else it moves."""

from __future__ import annotations

from pathlib import Path

import click

from bench.cli.output import show
from bench.cli.roles import LANGUAGE, chosen_language
from bench.report.words.findings import word


@click.command()
@click.argument("directory", type=click.Path())
@click.option("--unit", required=True, help="Whose number it is.")
@click.option(
    "--cell",
    metavar="FILE!SHEET!D6=1234",
    help="The cell and its right value; FILE!D6=1234 for a file without sheets. The value is read as the file's own.",
)
@click.option(
    "--column",
    metavar="COLUMN=1234",
    help="The column and the unit's right value, in place of the address of the cell.",
)
@click.option("--year", type=int, help="Year of the column's value; the unit's latest when omitted.")
@click.option("--out", type=click.Path(), metavar="FILE.csv", help="Write every number that moves to a table.")
@click.option(
    "--proof", type=click.Path(), metavar="FILE.csv", help="Write whose score cannot move, and why, to a table."
)
@LANGUAGE
def appeal(
    directory: str,
    unit: str,
    cell: str | None,
    column: str | None,
    year: int | None,
    out: str | None,
    proof: str | None,
) -> None:
    """Make the saved run in DIRECTORY again with one number corrected: who moves, by how much, which prices change.

    The run is first made again as it was, from the sources kept beside it, so that the two differ by that number alone.
    """
    from bench.errors import OptionError
    from bench.manifest import read_manifest
    from bench.pipeline.appeal import appeal as make
    from bench.pipeline.appeal import cell_change
    from bench.pipeline.jobs import job_of
    from bench.report.placing import FilePlace, resolved
    from bench.report.tables.files import frame_bytes
    from bench.trace.column_change import column_change
    from bench.verification import saved_record

    if (cell is None) == (column is None):
        raise click.UsageError("give --cell or --column: where the number stands, or what it is")
    if year is not None and column is None:
        raise click.UsageError("--year belongs to --column: a cell has its own year")
    change = None if cell is None else cell_change(cell)
    for name in (out, proof):
        if name is not None and Path(name).exists():
            raise OptionError(f"{name} exists: give another name")
    if out is not None and proof is not None and resolved(out) == resolved(proof):
        raise OptionError("--out and --proof are two tables: give two names")
    manifest = read_manifest(directory)
    record = saved_record(Path(directory), manifest)
    job = None
    if change is None:
        if record.kind != "run":
            raise OptionError(f"an appeal is about a run, not about a result of the kind {record.kind!r}")
        job = job_of(record, synthetic=manifest.synthetic)
        change = column_change(job, unit, str(column), year=year)
    found = make(record, unit, change, synthetic=manifest.synthetic, job=job)
    for name, table in ((out, found.moves), (proof, found.still)):
        if name is not None:
            FilePlace(name).put(frame_bytes(table, "nb"))
    show(found.summary(lambda text: word(text, chosen_language())))
