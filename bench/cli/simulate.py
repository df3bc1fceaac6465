"""``bench simulate``: a model played forward over years, with uncertainty."""

from __future__ import annotations

from typing import Any

import click

from bench.cli.output import progress_bar, show_issues
from bench.cli.roles import dialect_options, role_options
from bench.cli.run import dialect, named_tables, refuse_taken


def year_span(context: click.Context, parameter: click.Parameter, value: str | None) -> range | None:
    """Read ``2026:2035``, both ends included, or one year."""
    if value is None:
        return None
    first, sign, last = value.partition(":")
    try:
        span = range(int(first), int(last if sign else first) + 1)
    except ValueError:
        raise click.BadParameter(f"{value!r}: write FIRST:LAST, such as 2026:2035") from None
    if not span:
        raise click.BadParameter(f"{value!r}: the last year lies before the first")
    return span


def switches(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, float]:
    """Read ``name=number`` options."""
    found = {}
    for value in values:
        name, sign, number = value.partition("=")
        try:
            found[name.strip()] = float(number)
        except ValueError:
            raise click.BadParameter(f"{value!r}: write SWITCH=NUMBER, such as effort=0.3") from None
        if not sign:
            raise click.BadParameter(f"{value!r}: write SWITCH=NUMBER, such as effort=0.3")
    return found


def chosen_behaviour(name: str, changes: dict[str, float]) -> Any:
    """Return a preset with some switches set otherwise."""
    from dataclasses import asdict

    from bench.stykkpris.simulation.behaviour import behaviour_of

    preset = behaviour_of(name)
    return behaviour_of({**asdict(preset), **changes}) if changes else preset


_FORWARD = (
    click.option("--out", required=True, type=click.Path(), metavar="DIR", help="Folder to write; must not exist."),
    click.option("--overwrite", is_flag=True, help="Replace the folder when it exists."),
    click.option("--language", type=click.Choice(["nb", "en"]), default="nb", show_default=True),
    click.option(
        "--years", callback=year_span, metavar="FIRST:LAST", help="Years to play; ten after the accounts when omitted."
    ),
    click.option("--draws", type=click.IntRange(min=1), default=1000, show_default=True, help="Number of worlds."),
    click.option("--seed", type=int, default=1, show_default=True, help="Same seed, same bytes."),
    click.option(
        "--behaviour",
        type=click.Choice(["assumed", "neutral"]),
        default="assumed",
        show_default=True,
        help="How units, purchaser and users respond.",
    ),
    click.option(
        "--set", "changes", multiple=True, callback=switches, metavar="SWITCH=NUMBER", help="Set one response."
    ),
    click.option(
        "--table",
        "tables",
        multiple=True,
        callback=named_tables,
        metavar="NAME=PATH",
        help="A further table: budget, months or index.",
    ),
    click.option(
        "--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes; never moves a number."
    ),
)


def forward_options(command: Any) -> Any:
    """Add the options that simulation and comparison share."""
    for option in reversed(_FORWARD):
        command = option(command)
    return command


@click.command()
@click.argument("model")
@click.argument("file", required=False, type=click.Path())
@click.option("--data-of", metavar="MODEL", help="Put the rules on another model's data.")
@forward_options
@role_options
@dialect_options
def simulate(
    model: str,
    file: str | None,
    data_of: str | None,
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
    """Play MODEL forward from the accounts in FILE and write page, tables, charts and manifest to DIR.

    MODEL is a bundled name (see ``bench models``) or the path of a model file. Without FILE the model's own bundled
    data are used, or those of the model in --data-of.
    """
    from dataclasses import replace

    from bench.modelfile import load_model
    from bench.modelfile.showing import on_bundled_data
    from bench.pipeline.files import with_roles
    from bench.pipeline.forward import bundled_data, data_sources, file_data
    from bench.pipeline.forward import simulate as play

    roles, read = dialect(options)
    if file is None and (read or roles):
        raise click.UsageError("roles and dialect describe a FILE: give one")
    target = refuse_taken(out, overwrite)
    chosen = chosen_behaviour(behaviour, changes)
    loaded = with_roles(load_model(model), roles)
    if data_of is not None:
        loaded = loaded.applied_to(load_model(data_of))
    elif file is None:
        loaded = on_bundled_data(loaded)
    data = bundled_data(loaded) if file is None else file_data(loaded, file, read=read, tables=tables)
    with progress_bar() as progress:
        result = play(
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
    result = replace(result, synthetic=data.synthetic, sources=data_sources([loaded], data))
    folder = result.save(target, language=language, overwrite=overwrite)
    show_issues(data.units.warnings)
    click.echo(result.summary())
    click.echo(f"written to {folder}")
