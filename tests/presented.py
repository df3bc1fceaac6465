"""What every result of a method shows, whatever the method: used by the contracts of both libraries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from python_calamine import CalamineWorkbook

from bench.presenting import Summary


def shows_itself(result: Any, folder: Path) -> None:
    """Summary as text, HTML and LaTeX, a table in a notebook, a workbook with a sheet per table."""
    summary = result.summary()
    assert isinstance(summary, Summary)
    assert str(summary).startswith(summary.title)
    assert summary.title
    assert "<table>" in summary._repr_html_()
    latex = summary.to_latex()
    assert latex.startswith(r"\begin{tabular}")
    assert latex.endswith(r"\end{tabular}")
    assert "<table" in result._repr_html_()
    assert len(result.to_frame())
    book = CalamineWorkbook.from_path(result.to_excel(folder / "result.xlsx"))
    assert [name for name in book.sheet_names if len(book.get_sheet_by_name(name).to_python()) > 1]
