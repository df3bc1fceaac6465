"""``bench sfa``: a stochastic frontier from a file, without any financing."""

from __future__ import annotations

from typing import Any

import click

from bench.cli.analysis import analyse, analysis_options
from bench.options import SFA_COVARIANCES, SFA_FORMS, SFA_KINDS, SFA_NORMALISE, SFA_PANELS, SFA_SHAPES
from bench.pipeline.asking.file_analysis import Question

_FRONTIER = ("kind", "form", "distribution", "panel", "shape", "normalise", "covariance", "formula", "u", "rts")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--kind", type=click.Choice(SFA_KINDS), help="What the frontier bounds; cost when not given.")
@click.option("--form", type=click.Choice(SFA_FORMS), help="Functional form; translog when not given.")
@click.option("--distribution", metavar="NAME", help="Of inefficiency; half-normal when not given.")
@click.option("--panel", type=click.Choice(SFA_PANELS), help="Structure over periods; needs --period.")
@click.option("--shape", type=click.Choice(SFA_SHAPES), help="Impose a shape, so that no price is negative.")
@click.option("--normalise", type=click.Choice(SFA_NORMALISE), help="Point of reading; the mean when not given.")
@click.option("--covariance", type=click.Choice(SFA_COVARIANCES), help="Of errors; the Hessian's when not given.")
@click.option("--formula", metavar="TEXT", help="The frontier as a formula: 'log(cost) ~ log(days) + year'.")
@click.option("--u", metavar="TEXT", help="Formula of the spread of inefficiency: '~ size'.")
@click.option("--rts", metavar="NAME", help="Returns to scale, for the methods that need them.")
@analysis_options("sfa")
def sfa(
    file: str,
    out: str,
    overwrite: bool,
    language: tuple[str, ...],
    input_prices: tuple[str, ...],
    method: str | None,
    keys: tuple[str, ...],
    **options: Any,
) -> None:
    """Fit a stochastic frontier to FILE and write a page, a workbook and tables to DIR.

    Environment columns shift the frontier. The page holds the coefficients with standard errors, the test of
    inefficiency, efficiency by unit with its interval and, for a cost frontier, the marginal cost of every service;
    with --method what that method finds. A formula is evaluated as Python: take formulas from people you trust. The
    folder keeps the file and is verified like a run's.

    \b
    bench sfa homes.csv --id home --cost cost --outputs days,visits --out analysis
    bench sfa homes.csv --id home --formula 'log(cost) ~ log(days) + log(visits)' --out analysis
    """
    frontier = {name: options.pop(name) for name in _FRONTIER}
    question = Question(method, keys, input_prices, **frontier)
    analyse("sfa", file, question, out=out, overwrite=overwrite, language=language, options=options)
