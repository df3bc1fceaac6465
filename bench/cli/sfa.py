"""``bench sfa``: a stochastic frontier from a file, without any financing."""

from __future__ import annotations

from typing import Any

import click

from bench.cli.analysis import Analysis, analysis_options, read_table, write_analysis
from bench.cli.output import show_issues
from bench.options import SFA_COVARIANCES, SFA_FORMS, SFA_KINDS, SFA_NORMALISE, SFA_PANELS, SFA_SHAPES


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--kind", type=click.Choice(SFA_KINDS), default="cost", show_default=True, help="What the frontier bounds."
)
@click.option("--form", type=click.Choice(SFA_FORMS), default="translog", show_default=True, help="Functional form.")
@click.option("--distribution", default="half-normal", show_default=True, metavar="NAME", help="Of inefficiency.")
@click.option("--panel", type=click.Choice(SFA_PANELS), help="Structure over periods; needs --period.")
@click.option("--shape", type=click.Choice(SFA_SHAPES), help="Impose a shape, so that no price is negative.")
@click.option(
    "--normalise", type=click.Choice(SFA_NORMALISE), default="mean", show_default=True, help="Point of reading."
)
@click.option(
    "--covariance", type=click.Choice(SFA_COVARIANCES), default="hessian", show_default=True, help="Of errors."
)
@analysis_options
def sfa(file: str, out: str, overwrite: bool, language: str, input_prices: tuple[str, ...], **options: Any) -> None:
    """Fit a stochastic frontier to FILE and write a page, a workbook and tables to DIR.

    Environment columns shift the frontier. The page holds the coefficients with standard errors, the test of
    inefficiency, efficiency by unit with its interval and, for a cost frontier, the marginal cost of every service.

    \b
    bench sfa homes.csv --id home --cost cost --outputs days,visits --out analysis
    """
    from bench.stochastic import sfa as estimate

    model = ("kind", "form", "distribution", "panel", "shape", "normalise", "covariance")
    chosen = {name: options.pop(name) for name in model}
    units = read_table(file, input_prices, options)
    result = estimate(units, environment=units.environment, **chosen)
    tables = {
        "coefficients": result.coefficients().reset_index(),
        "variances": result.variances().rename_axis("parameter").reset_index(),
        "efficiency": result.to_frame().reset_index(),
        "elasticities": result.elasticities.reset_index(),
        "shape": result.shape_violations(),
    }
    if result.design.kind == "cost":
        tables["marginal_costs"] = result.marginal_costs()
    summary = result.summary()
    issues = (*units.warnings, *result.warnings)
    analysis = Analysis("sfa", summary.title, str(summary), summary._repr_html_(), tables, issues)
    folder = write_analysis(analysis, file, out, overwrite=overwrite, language=language, options={**chosen, **options})
    show_issues(issues)
    click.echo(analysis.summary)
    click.echo(f"written to {folder}")
