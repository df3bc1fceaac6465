"""``bench sfa``: a stochastic frontier from a file, without any financing."""

from __future__ import annotations

from typing import Any

import click

from bench.cli.analysis import Analysis, analysis_options, read_table, write_analysis
from bench.cli.methods import by_method, method_options
from bench.cli.output import show_issues
from bench.options import SFA_COVARIANCES, SFA_FORMS, SFA_KINDS, SFA_NORMALISE, SFA_PANELS, SFA_SHAPES

#: What the command takes where nothing is said.
_DEFAULTS = {"kind": "cost", "form": "translog", "distribution": "half-normal", "normalise": "mean",
             "covariance": "hessian"}  # fmt: skip
#: Options that are keys of a method too.
_KEYS = ("kind", "form", "distribution", "panel", "shape", "rts")


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
@click.option("--u", "spread", metavar="TEXT", help="Formula of the spread of inefficiency: '~ size'.")
@click.option("--rts", metavar="NAME", help="Returns to scale, for the methods that need them.")
@method_options("stochastic")
@analysis_options
def sfa(
    file: str,
    out: str,
    overwrite: bool,
    language: str,
    input_prices: tuple[str, ...],
    method: str | None,
    keys: tuple[str, ...],
    formula: str | None,
    spread: str | None,
    **options: Any,
) -> None:
    """Fit a stochastic frontier to FILE and write a page, a workbook and tables to DIR.

    Environment columns shift the frontier. The page holds the coefficients with standard errors, the test of
    inefficiency, efficiency by unit with its interval and, for a cost frontier, the marginal cost of every service;
    with --method what that method finds. A formula is evaluated as Python: take formulas from people you trust.

    \b
    bench sfa homes.csv --id home --cost cost --outputs days,visits --out analysis
    bench sfa homes.csv --id home --formula 'log(cost) ~ log(days) + log(visits)' --out analysis
    """
    names = (*_DEFAULTS, "panel", "shape", "rts")
    chosen = {name: options.pop(name) for name in names}
    asked = {"method": method, "keys": list(keys), "formula": formula, "u": spread}
    if (formula is not None or spread is not None) and method is not None:
        raise click.UsageError("--formula and --u are the frontier's own: leave --method out")
    if method is not None:
        stated = {name: chosen[name] for name in _KEYS}
        _, analysis = by_method("stochastic", method, keys, stated, file, input_prices, dict(options))
    elif keys:
        raise click.UsageError("--key belongs to --method")
    elif chosen.pop("rts") is not None:
        raise click.UsageError("--rts belongs to --method: a stochastic frontier estimates its returns to scale")
    else:
        fitted = {**_DEFAULTS, **{name: value for name, value in chosen.items() if value is not None}}
        chosen = fitted
        analysis = _fitted(fitted, formula, spread, file, input_prices, options)
    said = {**chosen, **asked, **options}
    folder = write_analysis(analysis, file, out, overwrite=overwrite, language=language, options=said)
    show_issues(analysis.warnings)
    click.echo(analysis.summary)
    click.echo(f"written to {folder}")


def _fitted(
    chosen: dict[str, Any],
    formula: str | None,
    spread: str | None,
    file: str,
    input_prices: tuple[str, ...],
    options: dict[str, Any],
) -> Analysis:
    from bench.stochastic import sfa as estimate

    if formula is None:
        if spread is not None:
            raise click.UsageError("--u is a formula and goes with --formula")
        units = read_table(file, input_prices, options)
        result = estimate(units, environment=units.environment, **chosen)
    else:
        units = _of_formula(formula, spread, file, options)
        kept = {name: value for name, value in chosen.items() if name not in ("form", "normalise")}
        covariates: dict[str, Any] = {"u": spread} if spread is not None else {}
        result = estimate(formula, units, environment=units.environment, **covariates, **kept)
    tables = {
        "coefficients": result.coefficients().reset_index(),
        "variances": result.variances().rename_axis("parameter").reset_index(),
        "efficiency": result.to_frame().reset_index(),
        "elasticities": result.elasticities.reset_index(),
    }
    if formula is None:
        tables["shape"] = result.shape_violations()
    if result.design.kind == "cost":
        tables["marginal_costs"] = result.marginal_costs()
    summary = result.summary()
    issues = (*units.warnings, *result.warnings)
    return Analysis("sfa", summary.title, str(summary), summary._repr_html_(), tables, issues)


def _of_formula(formula: str, spread: str | None, file: str, options: dict[str, Any]) -> Any:
    """Read the columns a formula names: they need no roles beside --id, --period and --environment."""
    from bench.stochastic.frontier.formula import formula_columns

    for name in ("cost", "inputs", "outputs"):
        if options.get(name):
            raise click.UsageError(f"--{name} and --formula both say what the frontier is of: leave one out")
    dependent, others = formula_columns(formula, [spread] if spread is not None else [])
    environment = tuple(options.get("environment") or ())
    columns = tuple(name for name in others if name not in (*environment, options.get("period")))
    return read_table(file, (), {**options, "inputs": dependent, "outputs": columns})
