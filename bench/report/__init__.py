"""Reports of a run: page, workbook with live formulas, tables, price book, unit sheets and charts.

Reads :class:`bench.results.RunResult` and nothing else. :func:`save` writes a folder, :func:`summary` returns one
screen of text.
"""

from __future__ import annotations

from bench.report.saving import save
from bench.report.words.summary import summary

__all__ = ["save", "summary"]
