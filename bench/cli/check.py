"""``bench check``: what is in a file, and everything that is wrong with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from bench.cli.roles import dialect_options, given, mapped, role_options
from bench.errors import DataError


@click.command()
@click.argument("file", type=click.Path())
@click.option("--model", metavar="MODEL", help="Take the roles of the columns from this model.")
@role_options
@dialect_options
def check(file: str, model: str | None, cost: str | None, inputs: tuple[str, ...], **options: Any) -> None:
    """Read FILE (CSV, Excel or ODS) and show its dialect, its columns and every problem in it.

    Without roles the columns are only described. With them, or with --model, every rule of a run is applied.
    """
    from bench.reading import check_file

    path = options.pop("mapping")
    options = mapped(path, {"cost": cost, "inputs": inputs, **options})
    cost, inputs = options.pop("cost"), options.pop("inputs")
    options.pop("year", None)
    roles = given(inputs=inputs or ((cost,) if cost else ()), **options)
    if model is not None:
        from bench.modelfile import load_model

        roles = {**load_model(model).read_options(), **roles}
    report = check_file(file, **roles)
    if path is not None:
        from bench.mapping import with_lines

        report = replace(report, issues=with_lines(path, report.issues))
    click.echo(report.summary())
    errors = [issue for issue in report.issues if issue.severity == "error"]
    if errors:
        click.echo(f"Error: {len(errors)} problem{'s' if len(errors) != 1 else ''} in the data.", err=True)
        raise click.exceptions.Exit(DataError.exit_code)
