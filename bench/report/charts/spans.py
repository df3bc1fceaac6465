"""Spans and dots along one line: one row per name, for what lies between two numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.report.charts.colours import GRID, SOFT
from bench.report.charts.drawing import LINE, ROW, Canvas, Scale, over_two, width_of


@dataclass(frozen=True, slots=True)
class Span:
    """One row.

    Attributes
    ----------
    name, said : str
        Left of the row, and what a pointer or a reader is told.
    low, middle, high : float
    colour : str
    """

    name: str
    said: str
    low: float
    middle: float
    high: float
    colour: str


def span_panel(
    canvas: Canvas, top: float, title: str, rows: Sequence[Span | str], *, axis: Callable[[float], str]
) -> float:
    """Draw a panel with its zero and its scale, and return where it ends."""
    spans = [row for row in rows if isinstance(row, Span)]
    if title:
        top = canvas.wrapped(0, top + LINE, title, size=13, bold=True) - 8
    gutter = min(max(width_of(span.name) for span in spans) + 10, canvas.width * (0.40 if canvas.narrow else 0.36))
    low = min(0.0, *(span.low for span in spans))
    high = max(0.0, *(span.high for span in spans))
    room = 0.04 * (high - low or 1.0)
    x = Scale(low - room, high + room, gutter + 4, canvas.width - 20)
    bottom = top + ROW * len(rows)
    for tick in x.ticks(4 if canvas.narrow else 7):
        canvas.line(x(tick), top, x(tick), bottom, GRID)
        canvas.text(x(tick), bottom + 14, axis(tick), size=11, colour=SOFT, anchor="middle")
    canvas.line(x(0.0), top, x(0.0), bottom, SOFT, width=1.4)
    for position, row in enumerate(rows):
        y = top + ROW * position + ROW / 2
        if isinstance(row, str):
            canvas.text(gutter + 4, y + 4, row, colour=SOFT)
            continue
        canvas.label(gutter - 4, y, row.name, gutter - 8)
        canvas.line(x(row.low), y, x(row.high), y, row.colour, width=3)
        canvas.dot(x(row.middle), y, 4.2, row.colour, row.said)
    return bottom + 26


def dot_panel(
    canvas: Canvas,
    top: float,
    rows: Sequence[tuple[str, Sequence[tuple[float, float, str]]]],
    colour: str,
    *,
    axis: Callable[[float], str],
) -> float:
    """Draw many dots (value, share of the whole, what it is) on a row per name; a large dot is a large share."""
    values = [value for _, dots in rows for value, _, _ in dots]
    step = 46
    gutter = min(max(width_of(name) for name, _ in rows) + 10, canvas.width * 0.36)
    low, high = min([0.0, *values]), max([0.0, *values])
    room = 0.05 * (high - low or 1.0)
    x = Scale(low - room, high + room, gutter + 8, canvas.width - 20)
    bottom = top + step * len(rows)
    for tick in x.ticks(4 if canvas.narrow else 7):
        canvas.line(x(tick), top, x(tick), bottom, GRID)
        canvas.text(x(tick), bottom + 14, axis(tick), size=11, colour=SOFT, anchor="middle")
    canvas.line(x(0.0), top, x(0.0), bottom, SOFT, width=1.4)
    for position, (name, dots) in enumerate(rows):
        y = top + step * position + step / 2
        for k, line in enumerate(over_two(name, gutter - 8)):
            canvas.text(0, y + 4 + 13 * k, line)
        for value, share, said in sorted(dots, key=lambda dot: -dot[1]):
            canvas.dot(x(value), y, 3.0 + 9.0 * share**0.5, colour, said, opacity=0.5)
    return bottom + 26
