"""``bench compare``: several financing systems on the same data, side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from bench.cli.output import progress_bar, show_issues
from bench.cli.roles import dialect_options, role_options
from bench.cli.run import dialect, refuse_taken
from bench.cli.simulate import chosen_behaviour, forward_options


@click.command()
@click.argument("models", nargs=-1, required=True, metavar="MODEL...")
@click.option("--file", type=click.Path(), help="Accounts; the first model's own bundled data when omitted.")
@forward_options
@role_options
@dialect_options
def compare(
    models: tuple[str, ...],
    file: str | None,
    out: str,
    overwrite: bool,
    language: str,
    years: range | None,
    draws: int,
    seed: int,
    behaviour: str,
    changes: dict[str, float],
    tables: dict[str, str],
    workers: int,
    **options: Any,
) -> None:
    """Play every MODEL on the same data in the same worlds and write one table, one page and the charts to DIR.

    The first MODEL gives the data; the others' rules are put on them. So ``bench compare kristiansand hamar`` shows
    Kristiansand's accounts under the rules of both.
    """
    from bench.modelfile import load_model
    from bench.modelfile.showing import on_bundled_data
    from bench.pipeline.files import with_roles
    from bench.pipeline.forward import bundled_data, data_sources, file_data
    from bench.pipeline.forward import compare as set_side_by_side

    roles, read = dialect(options)
    if file is None and (read or roles):
        raise click.UsageError("roles and dialect describe a file: give one with --file")
    target = refuse_taken(out, overwrite)
    chosen = chosen_behaviour(behaviour, changes)
    loaded = [load_model(name) for name in models]
    loaded[0] = with_roles(loaded[0], roles)
    if file is None:
        loaded[0] = on_bundled_data(loaded[0])
    data = bundled_data(loaded[0]) if file is None else file_data(loaded[0], file, read=read, tables=tables)
    with progress_bar() as progress:
        result = set_side_by_side(
            loaded,
            data.units,
            years=years,
            seed=seed,
            draws=draws,
            behaviour=chosen,
            tables=data.tables,
            workers=workers,
            progress=progress,
        )
    result = replace(result, synthetic=data.synthetic, sources=data_sources(loaded, data))
    folder = result.save(target, language=language, overwrite=overwrite)
    show_issues(data.units.warnings)
    click.echo(result.summary())
    click.echo(f"written to {folder}")
