"""``bench dea``: data envelopment from a file, without any financing."""

from __future__ import annotations

from typing import Any

import click

from bench.cli.analysis import Analysis, analysis_options, read_table, write_analysis
from bench.cli.output import show_issues
from bench.options import ORIENTATIONS, PERIODS, RTS


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--rts", type=click.Choice(RTS), required=True, help="Returns to scale.")
@click.option(
    "--orientation", type=click.Choice(ORIENTATIONS), default="input", show_default=True, help="What is to change."
)
@click.option("--periods", type=click.Choice(PERIODS), help="One frontier for all periods, or one each.")
@analysis_options
def dea(file: str, out: str, overwrite: bool, language: str, input_prices: tuple[str, ...], **options: Any) -> None:
    """Measure the units of FILE against their best practice and write a page, a workbook and tables to DIR.

    The page holds efficiency by unit, who is a peer for whom and by how much, targets, slacks and multipliers.

    \b
    bench dea homes.csv --rts vrs --id home --cost cost --outputs days,visits --out analysis
    """
    from bench.envelopment import dea as envelop

    chosen = {name: options.pop(name) for name in ("rts", "orientation", "periods")}
    units = read_table(file, input_prices, options)
    said = {name: value for name, value in chosen.items() if value is not None}
    result = envelop(units, slacks=True, **said)
    tables = {
        "efficiency": result.to_frame(),
        "peers": result.peers(),
        "targets": result.targets(),
        "slacks": result.slacks(),
    }
    if result.prices is not None:
        tables["multipliers"] = result.multipliers()
    tables = {name: frame if frame.index.nlevels == 1 and frame.index.name is None else frame.reset_index()
              for name, frame in tables.items()}  # fmt: skip
    summary = result.summary()
    issues = units.warnings
    analysis = Analysis("dea", f"DEA: {chosen['rts']}, {chosen['orientation']}", str(summary), summary._repr_html_(),
                        tables, issues)  # fmt: skip
    folder = write_analysis(analysis, file, out, overwrite=overwrite, language=language, options={**chosen, **options})
    show_issues(issues)
    click.echo(analysis.summary)
    click.echo(f"written to {folder}")
