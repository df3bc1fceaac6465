"""``bench dea``: data envelopment from a file, without any financing."""

from __future__ import annotations

import re
from typing import Any

import click

from bench.cli.analysis import Analysis, analysis_options, read_table, write_analysis
from bench.cli.methods import by_method, method_options
from bench.cli.output import show_issues
from bench.options import ORIENTATIONS, PERIODS, RTS
from bench.units import Units


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option("--rts", type=click.Choice(RTS), help="Returns to scale; the radial measure needs them.")
@click.option("--orientation", type=click.Choice(ORIENTATIONS), help="What is to change; input when not given.")
@click.option("--periods", type=click.Choice(PERIODS), help="One frontier for all periods, or one each.")
@click.option(
    "--lp", "programs", multiple=True, metavar="UNIT", help="Write this unit's program to lp/; may be repeated."
)
@method_options("envelopment")
@analysis_options
def dea(
    file: str,
    out: str,
    overwrite: bool,
    language: str,
    input_prices: tuple[str, ...],
    method: str | None,
    keys: tuple[str, ...],
    programs: tuple[str, ...],
    **options: Any,
) -> None:
    """Measure the units of FILE against their best practice and write a page, a workbook and tables to DIR.

    The page holds efficiency by unit, who is a peer for whom and by how much, targets, slacks and multipliers; with
    --method what that method finds. --lp writes the linear program behind a unit's score, for any solver.

    \b
    bench dea homes.csv --rts vrs --id home --cost cost --outputs days,visits --out analysis
    bench dea homes.csv --method fdh-plus --id home --cost cost --outputs days --out analysis
    """
    chosen = {name: options.pop(name) for name in ("rts", "orientation", "periods")}
    asked = {"method": method, "keys": list(keys), "programs": list(programs)}
    if method is not None:
        table, analysis = by_method("envelopment", method, keys, chosen, file, input_prices, dict(options))
    elif keys:
        raise click.UsageError("--key belongs to --method")
    elif chosen["rts"] is None:
        raise click.UsageError("Missing option '--rts': returns to scale have no default, on purpose")
    else:
        table, analysis = _radial(chosen, file, input_prices, options)
    files = _programs(table, programs, chosen)
    said = {**chosen, **asked, **options}
    folder = write_analysis(analysis, file, out, overwrite=overwrite, language=language, options=said, files=files)
    show_issues(analysis.warnings)
    click.echo(analysis.summary)
    click.echo(f"written to {folder}")


def _radial(
    chosen: dict[str, Any], file: str, input_prices: tuple[str, ...], options: dict[str, Any]
) -> tuple[Units, Analysis]:
    from bench.envelopment import dea as envelop

    units = read_table(file, input_prices, options)
    said = {**{name: value for name, value in chosen.items() if value is not None}}
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
    title = f"DEA: {chosen['rts']}, {chosen['orientation'] or 'input'}"
    return units, Analysis("dea", title, str(summary), summary._repr_html_(), tables, units.warnings)


def _programs(table: Units, units: tuple[str, ...], chosen: dict[str, Any]) -> dict[str, bytes]:
    """Return the program of each unit as a file; the number in its name is the unit's row."""
    from tempfile import TemporaryDirectory

    from bench.envelopment import write_unit_lp

    if units and chosen["rts"] is None:
        raise click.UsageError("--lp needs --rts")
    found: dict[str, bytes] = {}
    with TemporaryDirectory() as folder:
        for unit in units:
            side = chosen["orientation"] or "input"
            path = write_unit_lp(table, unit, f"{folder}/program.lp", rts=chosen["rts"], orientation=side)
            name = re.sub(r"[^A-Za-z0-9_.-]+", "_", unit).strip("._") or "unit"
            found[f"lp/{table.names.index(unit) + 1}-{name}.lp"] = path.read_bytes()
    return found
