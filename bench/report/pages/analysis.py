"""The folder of one file analysed by one method: a page, a workbook, tables and, where asked for, linear programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pandas as pd

from bench import __version__
from bench.cells import guarded
from bench.presenting import PLAIN_TEXT
from bench.report.words.texts import Texts

if TYPE_CHECKING:
    from bench.results import FileAnalysis

#: Rows of a table that the page shows.
_SHOWN = 25

_STYLE = (
    "body{font-family:sans-serif;max-width:70em;margin:2em auto;padding:0 1em;color:#222}"
    "table{border-collapse:collapse;margin:1em 0}td,th{padding:.2em .7em;text-align:right;border-bottom:1px solid #ddd}"
    "td:first-child,th:first-child{text-align:left}code{background:#f4f4f4;padding:.1em .3em}"
    ".wide{overflow-x:auto}"
)


def text(result: FileAnalysis, language: str = "en") -> str:
    """Return the analysis in one screen of text."""
    return result.text


def chart(result: FileAnalysis, language: str = "nb") -> Any:
    """Return nothing: an analysis of a file draws no chart."""
    return None


def files(result: FileAnalysis, language: str, written: Sequence[str] = ()) -> Iterator[tuple[str, str, bytes]]:
    """Yield page, workbook, tables and programs as (stage, path in the folder, bytes)."""
    yield "page", f"{result.kind}.html", _page(result, language).encode()
    yield "workbook", f"{result.kind}.xlsx", _workbook(result.tables)
    for name, frame in result.tables.items():
        yield "tables", f"tables/{name}.csv", _csv(frame)
    for name, data in result.programs.items():
        yield "programs", name, data


def _csv(frame: pd.DataFrame) -> bytes:
    """Return a table for any program: text that a spreadsheet would take for a formula is guarded."""
    safe = frame.rename(columns=lambda name: guarded(str(name)))
    for place, name in enumerate(frame.columns):
        if frame.dtypes.iloc[place].kind not in "iufbM":
            safe[guarded(str(name))] = [
                guarded(value) if isinstance(value, str) else value for value in frame.iloc[:, place]
            ]
    return str(safe.to_csv(index=False, lineterminator="\n")).encode()


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


def _page(result: FileAnalysis, language: str) -> str:
    words = Texts(language)
    digest = result.manifest["sources"]["data"]["sha256"]
    made = words("analysis.made", version=__version__, file=result.file, hash=digest[:16])
    notes = "".join(f"<li>{escape(str(issue))}</li>" for issue in result.warnings)
    parts = [f"<h2>{words('analysis.warnings')}</h2><ul>{notes}</ul>" if notes else "", result.html]
    for name, frame in result.tables.items():
        shown = min(len(frame), _SHOWN)
        title = words.known("analysis_table", name) or name
        said = words("analysis.rows", count=len(frame), name=name, shown=shown)
        table = frame.head(_SHOWN).to_html(index=False, border=0, float_format=lambda value: f"{value:.6g}", na_rep="")
        parts.append(f"<h2>{escape(title)}</h2><p>{escape(said)}</p><div class='wide' tabindex='0'>{table}</div>")
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(result.title)}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(result.title)}</h1><p>{escape(made)}</p>{''.join(parts)}</main></body></html>\n"
    )
