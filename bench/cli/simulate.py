"""``bench simulate``: a model played forward over years, with uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import click

from bench.cli.output import progress_bar, say, show, show_issues
from bench.cli.roles import Command, applied, chosen_language, dialect_options, role_options
from bench.cli.run import OUTPUT, dialect, own_files, refuse_taken
from bench.options import MOST_DRAWS

if TYPE_CHECKING:
    from bench.modelfile import Model
    from bench.stykkpris.simulation import Behaviour


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


def behaviour_switches(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> Any:
    """Read a preset's name, ``SWITCH=NUMBER`` options, or both: switches are set on top of the preset."""
    from bench.errors import OptionError
    from bench.stykkpris.simulation.behaviour import behaviour_of

    presets = [value for value in values if "=" not in value]
    if len(presets) > 1:
        raise click.BadParameter(f"{' and '.join(presets)}: name one set of responses")
    try:
        base = behaviour_of(presets[0] if presets else "assumed")
        switches = {}
        for value in values:
            name, sign, number = (part.strip() for part in value.partition("="))
            if sign:
                switches[name] = _number(value, number)
        return behaviour_of({**asdict(base), **switches}) if switches else base
    except OptionError as error:
        raise click.BadParameter(str(error)) from None


def _number(option: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise click.BadParameter(f"{option!r}: write SWITCH=NUMBER, such as effort=0.3") from None


_FORWARD = (
    *OUTPUT,
    click.option(
        "--years", callback=year_span, metavar="FIRST:LAST", help="Years to play; ten after the accounts when omitted."
    ),
    click.option(
        "--draws", type=click.IntRange(1, MOST_DRAWS), default=1000, show_default=True, help="Number of worlds."
    ),
    click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Same seed, same bytes."),
    click.option(
        "--behaviour",
        multiple=True,
        callback=behaviour_switches,
        metavar="assumed|neutral|SWITCH=NUMBER",
        help="How units, purchaser and users respond: a set of responses (assumed when omitted), and single ones on "
        "top of it, such as effort=0.3. May be repeated.",
    ),
    click.option(
        "--workers", type=click.IntRange(1, 1024), default=1, show_default=True, help="Processes; never moves a number."
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
    language: tuple[str, ...]
    settings: dict[str, str]
    years: range | None
    draws: int
    seed: int
    behaviour: Behaviour
    tables: dict[str, str]
    workers: int
    roles: dict[str, Any]
    read: dict[str, Any]
    mapping: str | None

    @classmethod
    def of(cls, file: str | None, remedy: str, options: dict[str, Any]) -> Forward:
        """Take the options; roles and dialect without a file to describe are refused, with the remedy."""
        own = {name: options.pop(name) for name in _NAMES}
        mapping = options["mapping"]
        roles, read = dialect(options)
        if file is None and (read or roles):
            raise click.UsageError(f"roles and dialect describe a file: {remedy}")
        return cls(**own, roles=roles, read=read, mapping=mapping)

    def play(self, kind: str, models: Sequence[str | Model], file: str | None, **more: Any) -> None:
        """Play the models on the first one's data or the file, write the folder and say what was found."""
        from bench.pipeline.files import made_from
        from bench.pipeline.jobs import file_job

        inputs = own_files(
            *(model for model in models if isinstance(model, str)), file, self.mapping, *self.tables.values()
        )
        target = refuse_taken(self.out, self.overwrite, inputs)
        given = {"roles": self.roles, "read": self.read, "tables": self.tables, "settings": self.settings}
        job = file_job(kind, models, file, mapping=self.mapping, **given)
        with progress_bar() as progress:
            result = made_from(
                job,
                years=self.years,
                seed=self.seed,
                draws=self.draws,
                behaviour=self.behaviour,
                workers=self.workers,
                progress=progress,
                **more,
            )
            folder = result.save(
                target, language=self.language, overwrite=self.overwrite, inputs=inputs, progress=progress
            )
        show_issues(job.units.warnings)
        show(result.summary(chosen_language()))
        say(f"written to {folder}")


#: Options of the command line that :class:`Forward` keeps under the same names.
_NAMES = ("out", "overwrite", "language", "settings", "years", "draws", "seed", "behaviour", "tables", "workers")


@click.command()
@click.argument("model")
@click.argument("file", required=False, type=click.Path())
@click.option("--data-of", metavar="MODEL", help="Put the rules on another model's data.")
@click.option(
    "--frontier",
    type=click.Choice(["standing", "estimated"]),
    default="standing",
    show_default=True,
    help="An estimated frontier stays where the accounts put it, or is measured again every simulated year.",
)
@forward_options
@role_options
@dialect_options
def simulate(model: str, file: str | None, data_of: str | None, frontier: str, **options: Any) -> None:
    """Play MODEL forward from the accounts in FILE and write page, tables, charts and manifest to DIR.

    MODEL is a bundled name (see ``bench models``) or the path of a model file. Without FILE the model's own bundled
    data are used, or those of the model in --data-of.
    """
    from bench.modelfile import load_model

    asked = Forward.of(file, "give one as FILE", options)
    rules = model if data_of is None else load_model(model).applied_to(load_model(data_of))
    asked.play("simulate", [rules], file, frontier=frontier)
