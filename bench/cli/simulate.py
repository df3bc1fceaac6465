"""``bench simulate``: a model played forward over years, with uncertainty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from bench.cli.output import progress_bar, show_issues
from bench.cli.roles import Command, applied, dialect_options, role_options
from bench.cli.run import OUTPUT, dialect, refuse_taken

if TYPE_CHECKING:
    from bench.modelfile import Model


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
    *OUTPUT,
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
        "--workers", type=click.IntRange(min=1), default=1, show_default=True, help="Processes; never moves a number."
    ),
)


def forward_options(command: Command) -> Command:
    """Add the options that simulation and comparison share."""
    return applied(_FORWARD, command)


@dataclass(frozen=True, slots=True)
class Forward:
    """The options of :func:`forward_options` as the command line gave them, and the file's roles and dialect."""

    out: str
    overwrite: bool
    language: str
    years: range | None
    draws: int
    seed: int
    behaviour: str
    changes: dict[str, float]
    tables: dict[str, str]
    workers: int
    roles: dict[str, Any]
    read: dict[str, Any]

    @classmethod
    def of(cls, file: str | None, remedy: str, options: dict[str, Any]) -> Forward:
        """Take the options; roles and dialect without a file to describe are refused, with the remedy."""
        own = {name: options.pop(name) for name in _NAMES}
        roles, read = dialect(options)
        if file is None and (read or roles):
            raise click.UsageError(f"roles and dialect describe a file: {remedy}")
        return cls(**own, roles=roles, read=read)

    def play(self, function: Callable[..., Any], models: Sequence[Model], rules: Any, file: str | None) -> None:
        """Play the rules on the first model's data or the file, write the folder and say what was found."""
        from bench.pipeline.files import bundled_data
        from bench.pipeline.forward import data_sources, file_data

        target = refuse_taken(self.out, self.overwrite)
        behaviour = chosen_behaviour(self.behaviour, self.changes)
        first = models[0]
        if file is None:
            data = bundled_data(first, self.tables)[1]
        else:
            data = file_data(first, file, read=self.read, tables=self.tables)
        with progress_bar() as progress:
            result = function(
                rules,
                data.units,
                years=self.years,
                seed=self.seed,
                draws=self.draws,
                behaviour=behaviour,
                tables=data.tables,
                workers=self.workers,
                progress=progress,
            )
        result = replace(result, synthetic=data.synthetic, sources=data_sources(models, data))
        folder = result.save(target, language=self.language, overwrite=self.overwrite)
        show_issues(data.units.warnings)
        click.echo(result.summary())
        click.echo(f"written to {folder}")


#: Options of the command line that :class:`Forward` keeps under the same names.
_NAMES = ("out", "overwrite", "language", "years", "draws", "seed", "behaviour", "changes", "tables", "workers")


@click.command()
@click.argument("model")
@click.argument("file", required=False, type=click.Path())
@click.option("--data-of", metavar="MODEL", help="Put the rules on another model's data.")
@forward_options
@role_options
@dialect_options
def simulate(model: str, file: str | None, data_of: str | None, **options: Any) -> None:
    """Play MODEL forward from the accounts in FILE and write page, tables, charts and manifest to DIR.

    MODEL is a bundled name (see ``bench models``) or the path of a model file. Without FILE the model's own bundled
    data are used, or those of the model in --data-of.
    """
    from bench.modelfile import load_model
    from bench.modelfile.showing import on_bundled_data
    from bench.pipeline import simulate as play
    from bench.pipeline.files import with_roles

    asked = Forward.of(file, "give one as FILE", options)
    loaded = with_roles(load_model(model), asked.roles)
    if data_of is not None:
        loaded = loaded.applied_to(load_model(data_of))
    elif file is None:
        loaded = on_bundled_data(loaded)
    asked.play(play, [loaded], loaded, file)
