"""``bench advise``: which financing systems fit a client's file, why, and what would change the answer."""

from __future__ import annotations

from typing import Any

import click

from bench.cli.output import progress_bar, say, show
from bench.cli.roles import dialect_options, remember_language, role_options
from bench.cli.run import SETTING, dialect, named_tables, refuse_taken
from bench.cli.simulate import year_span
from bench.options import MOST_DRAWS


def weighed(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, float]:
    """Read ``criterion=weight`` options."""
    found: dict[str, float] = {}
    for value in values:
        name, sign, number = value.partition("=")
        try:
            found[name.strip()] = float(number)
        except ValueError:
            sign = ""
        if not sign:
            raise click.BadParameter(f"{value!r}: write CRITERION=NUMBER, such as unit_risk=2")
    return found


@click.command()
@click.argument("file", type=click.Path())
@click.option(
    "--model", default="average-cost", show_default=True, help="The model that reads FILE; roles shape a general one."
)
@click.option(
    "--system", "systems", multiple=True, metavar="MODEL", help="A system to try; the ideal types when omitted."
)
@click.option("--inhabitants", type=float, metavar="NUMBER", help="Inhabitants of the municipality.")
@click.option(
    "--setup",
    type=float,
    metavar="NOK",
    help="What setting up a unit price costs you; the source's example, Stavanger, when omitted.",
)
@click.option("--horizon", type=float, default=5.0, show_default=True, help="Years within which it should pay.")
@click.option(
    "--weight", "weights", multiple=True, callback=weighed, metavar="CRITERION=NUMBER",
    help="Weigh a criterion; without weights there is no score.",
)  # fmt: skip
@click.option(
    "--flip", multiple=True, metavar="DRIVER,DRIVER",
    help="Map the best system over two drivers of your choice: fixed_share, volatility, common, growth; or "
    "inhabitants, gain, setup, horizon.",
)  # fmt: skip
@click.option(
    "--between", multiple=True, metavar="MODEL",
    help="A system to set against the others named so in the maps; unit price and fixed grant when omitted.",
)  # fmt: skip
@click.option("--years", callback=year_span, metavar="FIRST:LAST", help="Years to play; ten after the accounts.")
@click.option("--draws", type=click.IntRange(2, MOST_DRAWS), default=200, show_default=True, help="Number of worlds.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Same seed, same bytes.")
@click.option(
    "--language", type=click.Choice(["nb", "en"]), default="nb", show_default=True, callback=remember_language
)
@click.option(
    "--out", type=click.Path(), metavar="DIR", help="Folder to write; must not exist. Shown only when omitted."
)
@click.option("--overwrite", "--force", is_flag=True, help="Replace the folder when it exists.")
@click.option(
    "--table", "tables", multiple=True, callback=named_tables, metavar="NAME=PATH",
    help="A further table: budget, months or index.",
)  # fmt: skip
@SETTING
@role_options
@dialect_options
def advise(
    file: str,
    model: str,
    systems: tuple[str, ...],
    inhabitants: float | None,
    setup: float | None,
    horizon: float,
    weights: dict[str, float],
    flip: tuple[str, ...],
    between: tuple[str, ...],
    years: range | None,
    draws: int,
    seed: int,
    language: str,
    out: str | None,
    overwrite: bool,
    tables: dict[str, str],
    settings: dict[str, str],
    **options: Any,
) -> None:
    """Say which financing systems fit the accounts in FILE, why, and what would change the answer.

    Every criterion is measured, simulated or argued with its source. Systems the file cannot carry are named with the
    remedy, and so is what the data cannot tell. There is no total score unless you weigh.
    """
    from bench.pipeline.outlook.advise import SYSTEMS
    from bench.pipeline.outlook.advise import advise as give_advice

    roles, read = dialect(options)
    target = None if out is None else refuse_taken(out, overwrite, [file, *tables.values()])
    with progress_bar() as progress:
        found = give_advice(
            file,
            model,
            systems=systems or SYSTEMS,
            roles=roles,
            read=read,
            tables=tables,
            inhabitants=inhabitants,
            settings=settings,
            setup=setup,
            horizon=horizon,
            weights=weights,
            flip=flip,
            between=between,
            years=years,
            seed=seed,
            draws=draws,
            progress=progress,
        )
        if target is not None:
            found.save(target, language=language, overwrite=overwrite, inputs=[file], progress=progress)
    show(found.summary(language))
    if target is not None:
        say(f"written to {target}")
