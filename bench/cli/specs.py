"""``bench specs``: the specification curve of a model on a file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bench.cli.output import progress_bar, say, show
from bench.cli.roles import LANGUAGE, chosen_language, dialect_options, role_options
from bench.cli.run import SETTING, dialect
from bench.report.words.findings import word

if TYPE_CHECKING:
    import pandas as pd


def _words(context: click.Context, parameter: click.Parameter, value: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",") if name.strip())


def _worded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with its header in the language that was asked for."""
    return frame.rename(columns=lambda name: word(str(name), chosen_language()))


@click.command()
@click.argument("model")
@click.argument("file", required=False, type=click.Path())
@click.option(
    "--method",
    "methods",
    callback=_words,
    default="dea",
    show_default=True,
    help="Methods that give a share of cost, or ids of the model's own variants, with commas.",
)
@click.option("--rts", callback=_words, default="crs,vrs", show_default=True, help="Returns to scale, with commas.")
@click.option(
    "--vary-outputs",
    "vary",
    type=click.Choice(["subsets", "leave-one-out", "stated"]),
    default="leave-one-out",
    show_default=True,
    help="Which sets of the frontier's outputs.",
)
@click.option("--outliers", callback=_words, default="kept,iqr", show_default=True, help="Outliers kept, or iqr rule.")
@click.option(
    "--sample",
    type=click.Choice(["leave-one-out", "all"]),
    default="leave-one-out",
    show_default=True,
    help="Every unit left out in turn, or the whole alone.",
)
@click.option("--classes", type=click.IntRange(2, 100), default=4, show_default=True, help="Equal groups by rank.")
@click.option(
    "--workers", type=click.IntRange(1, 1024), default=1, show_default=True, help="Processes; never moves a number."
)
@click.option("--out", type=click.Path(), metavar="DIR", help="Folder for the tables; must not exist.")
@SETTING
@role_options
@LANGUAGE
@dialect_options
def specs(
    model: str,
    file: str | None,
    methods: tuple[str, ...],
    rts: tuple[str, ...],
    vary: str,
    outliers: tuple[str, ...],
    sample: str,
    classes: int,
    workers: int,
    out: str | None,
    settings: dict[str, str],
    **options: Any,
) -> None:
    """Score every unit of MODEL's schemes under every combination of method, returns, outputs, outliers and sample.

    Shows how much of the ranking each choice carries, how often a unit lands in the same class, and every unit's best
    and worst case. Without FILE, on the model's own data.
    """
    from bench.errors import OptionError
    from bench.pipeline.beside import specified
    from bench.pipeline.jobs import file_job

    if out is not None and Path(out).exists():
        raise OptionError(f"{out} exists: choose another folder")
    mapping = options["mapping"]
    roles, read = dialect(options)
    choices = {
        "methods": list(methods),
        "rts": list(rts),
        "outputs": vary,
        "outliers": list(outliers),
        "sample": sample,
        "classes": classes,
    }
    job = file_job("specs", [model], file, roles=roles, read=read, settings=settings, mapping=mapping)
    with progress_bar() as progress:
        result = specified(replace(job, record=job.noted(choices=choices)), workers=workers, progress=progress)
    for curve in result.curves:
        say(f"{curve.scheme} {curve.year}: {len(curve.specs)} specifications, {len(curve.units)} units")
        for frame in (curve.choices, curve.units, curve.drivers):
            show(_worded(frame).to_string(index=False, float_format=lambda x: f"{x:.3f}"))
    if out is not None:
        result.save(out, inputs=[file] if file else [])
