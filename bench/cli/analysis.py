"""What the commands that only analyse share: a file in, a folder with a page, a workbook and tables out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from io import BytesIO
from pathlib import Path
from typing import Any

import click
import pandas as pd

from bench import __version__
from bench.cli.roles import Command, applied, dialect_options, given, mapped, remember_language, role_options
from bench.errors import DataError, Issue
from bench.manifest import FORMAT, MANIFEST, file_name, file_sha256, sha256
from bench.presenting import PLAIN_TEXT
from bench.units import Units

#: Headings of the page.
_WORDS = {
    "nb": {
        "made": "Laget av bench {version} fra {file} (sha256 {hash}).",
        "command": "Kommando",
        "warnings": "Merk",
        "tables": "Tabeller",
        "rows": "{count} rader, i tables/{name}.csv og i regnearket; de første {shown} vises.",
        "efficiency": "Effektivitet",
        "coefficients": "Koeffisienter",
        "variances": "Varianser",
        "elasticities": "Elastisiteter",
        "marginal_costs": "Marginalkostnader",
        "shape": "Form",
        "peers": "Forbilder",
        "targets": "Mål",
        "slacks": "Slakk",
        "multipliers": "Multiplikatorer",
        "result": "Resultat",
        "tests": "Tester",
    },
    "en": {
        "made": "Made by bench {version} from {file} (sha256 {hash}).",
        "command": "Command",
        "warnings": "Note",
        "tables": "Tables",
        "rows": "{count} rows, in tables/{name}.csv and in the workbook; the first {shown} are shown.",
        "efficiency": "Efficiency",
        "coefficients": "Coefficients",
        "variances": "Variances",
        "elasticities": "Elasticities",
        "marginal_costs": "Marginal costs",
        "shape": "Shape",
        "peers": "Peers",
        "targets": "Targets",
        "slacks": "Slacks",
        "multipliers": "Multipliers",
        "result": "Result",
        "tests": "Tests",
    },
}

#: Rows of a table that the page shows.
_SHOWN = 25

_STYLE = (
    "body{font-family:sans-serif;max-width:70em;margin:2em auto;padding:0 1em;color:#222}"
    "table{border-collapse:collapse;margin:1em 0}td,th{padding:.2em .7em;text-align:right;border-bottom:1px solid #ddd}"
    "td:first-child,th:first-child{text-align:left}code{background:#f4f4f4;padding:.1em .3em}"
)

_OUTPUT = (
    click.option("--out", required=True, type=click.Path(), metavar="DIR", help="Folder to write; must not exist."),
    click.option("--overwrite", "--force", is_flag=True, help="Replace an earlier analysis in the folder."),
    click.option(
        "--language",
        type=click.Choice(["nb", "en"]),
        default="nb",
        show_default=True,
        callback=remember_language,
        help="Language of the headings, and of the findings when it is given.",
    ),
    click.option(
        "--input-prices", "input_prices", multiple=True, metavar="A,B", help="Columns with the prices of the inputs."
    ),
)


@dataclass(frozen=True, slots=True)
class Analysis:
    """What an analysis shows.

    Attributes
    ----------
    method : {"dea", "sfa"}
    title : str
    summary : str
        In text, for the screen.
    html : str
        The same as tables of a page.
    tables : dict of str to DataFrame
    warnings : sequence of Issue
    """

    method: str
    title: str
    summary: str
    html: str
    tables: Mapping[str, pd.DataFrame]
    warnings: Sequence[Issue]


def analysis_options(command: Command) -> Command:
    """Add roles, dialect and output."""
    return applied(_OUTPUT, role_options(dialect_options(command)))


def read_table(file: str, input_prices: tuple[str, ...], options: dict[str, Any]) -> Units:
    """Read the file with the roles of the command line and of a mapping."""
    from bench.mapping.budgets import told
    from bench.reading import read_units

    options = mapped(options.pop("mapping", None), dict(options))
    options.pop("year", None)
    cost, inputs = options.pop("cost", None), tuple(options.pop("inputs", ()) or ())
    if cost is not None and inputs and cost not in inputs:
        raise click.UsageError(f"--cost {cost} must be one of --inputs, or leave one of the two out")
    inputs = inputs or ((cost,) if cost is not None else ())
    prices = tuple(name.strip() for text in input_prices for name in text.split(",") if name.strip())
    roles = given(inputs=inputs, input_prices=prices, **options)
    missing = [name for name in ("id", "inputs", "outputs") if name not in roles]
    if missing:
        names = {"id": "--id", "inputs": "--cost (or --inputs)", "outputs": "--outputs"}
        raise click.UsageError(f"say which columns to use: give {', '.join(names[name] for name in missing)}")
    try:
        return read_units(file, **roles)
    except DataError as error:
        sheet = roles.get("sheet")
        misplaced = told(file, sheet) if isinstance(sheet, str) else None
        raise (error if misplaced is None else DataError([replace(misplaced, file=file)])) from error


def write_analysis(
    analysis: Analysis,
    file: str,
    out: str,
    *,
    overwrite: bool,
    language: str,
    options: Mapping[str, Any],
    files: Mapping[str, bytes] | None = None,
) -> Path:
    """Write page, workbook, tables, further files and manifest to a folder, all or nothing."""
    from bench.report.placing import folder_aside, resolved

    digest = file_sha256(Path(file))
    written: dict[str, bytes] = {
        f"{analysis.method}.html": _page(analysis, file_name(Path(file).name), digest, language).encode(),
        f"{analysis.method}.xlsx": _workbook(analysis.tables),
        **{f"tables/{name}.csv": _csv(frame) for name, frame in analysis.tables.items()},
        **(files or {}),
    }
    content = {
        "format": FORMAT,
        "kind": analysis.method,
        "bench": __version__,
        "file": {"name": Path(file).name, "sha256": digest},
        "options": {name: value for name, value in options.items() if value not in (None, (), [], "", False)},
        "report": {
            "languages": [language],
            "sources": "sources",
            "files": {name: sha256(data) for name, data in sorted(written.items())},
        },
    }
    manifest = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True, default=str)
    with folder_aside(out, overwrite, [file]) as aside:
        for name, data in {**written, MANIFEST: f"{manifest}\n".encode()}.items():
            path = aside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    return resolved(out)


def _csv(frame: pd.DataFrame) -> bytes:
    return str(frame.to_csv(index=False, lineterminator="\n")).encode()


def _workbook(tables: Mapping[str, pd.DataFrame]) -> bytes:
    buffer = BytesIO()
    with pd.ExcelWriter(buffer, engine="xlsxwriter", engine_kwargs=PLAIN_TEXT) as writer:
        # A fixed date keeps the bytes the same.
        writer.book.set_properties({"created": pd.Timestamp(2000, 1, 1).to_pydatetime()})
        for name, frame in tables.items():
            frame.to_excel(writer, sheet_name=name[:31], index=False)
            writer.sheets[name[:31]].freeze_panes(1, 0)
            writer.sheets[name[:31]].autofit()
    return buffer.getvalue()


def _page(analysis: Analysis, file: str, digest: str, language: str) -> str:
    words = _WORDS[language]
    made = words["made"].format(version=__version__, file=file, hash=digest[:16])
    notes = "".join(f"<li>{escape(str(issue))}</li>" for issue in analysis.warnings)
    parts = [f"<h2>{words['warnings']}</h2><ul>{notes}</ul>" if notes else "", analysis.html]
    for name, frame in analysis.tables.items():
        shown = min(len(frame), _SHOWN)
        said = words["rows"].format(count=len(frame), name=name, shown=shown)
        table = frame.head(_SHOWN).to_html(index=False, border=0, float_format=lambda value: f"{value:.6g}", na_rep="")
        parts.append(f"<h2>{escape(words.get(name, name))}</h2><p>{escape(said)}</p>{table}")
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(analysis.title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(analysis.title)}</h1><p>{escape(made)}</p>"
        f"{''.join(parts)}</body></html>\n"
    )
