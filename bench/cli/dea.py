"""``bench dea``: data envelopment from a file, without any financing."""

from __future__ import annotations

from typing import Any

import click

from bench.cli.analysis import analyse, analysis_options
from bench.options import ORIENTATIONS, PERIODS, RTS
from bench.pipeline.asking.file_analysis import Question


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--rts", type=click.Choice(RTS), help="Returns to scale; the radial measure needs them.")
@click.option("--orientation", type=click.Choice(ORIENTATIONS), help="What is to change; input when not given.")
@click.option("--periods", type=click.Choice(PERIODS), help="One frontier for all periods, or one each.")
@click.option(
    "--lp", "programs", multiple=True, metavar="UNIT", help="Write this unit's program to lp/; may be repeated."
)
@analysis_options("dea")
def dea(
    file: str,
    out: str,
    overwrite: bool,
    language: tuple[str, ...],
    input_prices: tuple[str, ...],
    method: str | None,
    keys: tuple[str, ...],
    programs: tuple[str, ...],
    rts: str | None,
    orientation: str | None,
    periods: str | None,
    **options: Any,
) -> None:
    """Measure the units of FILE against their best practice and write a page, a workbook and tables to DIR.

    The page holds efficiency by unit, who is a peer for whom and by how much, targets, slacks and multipliers; with
    --method what that method finds. --lp writes the linear program behind a unit's score, for any solver. The folder
    keeps the file and is verified like a run's.

    \b
    bench dea homes.csv --rts vrs --id home --cost cost --outputs days,visits --out analysis
    bench dea homes.csv --method fdh-plus --id home --cost cost --outputs days --out analysis
    """
    question = Question(method, keys, input_prices, programs, rts=rts, orientation=orientation, periods=periods)
    analyse("dea", file, question, out=out, overwrite=overwrite, language=language, options=options)
