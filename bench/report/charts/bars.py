"""Bars below each other: one row per name, its number beside the bar in dark ink."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from bench.report.charts.colours import GRID, INK, SOFT
from bench.report.charts.drawing import LINE, ROW, Canvas, Scale, width_of

#: A row of a panel.
R = TypeVar("R")

#: More units than this, and a chart shows the ends and says how many lie between.
MOST = 24


#: Bars in less room than this say nothing.
_ROOM = 80.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One row.

    Attributes
    ----------
    name, text : str
        Left of the row, and the number as text.
    start, end : float
        Where the bar begins and ends.
    colour : str
    strong : bool
        A sum, set in bold.
    """

    name: str
    text: str
    start: float
    end: float
    colour: str
    strong: bool = False


def ends(bars: Sequence[R], between: Callable[[int], str]) -> list[R | str]:
    """Return all bars, or of many the first and last with a line of words between them."""
    if len(bars) <= MOST:
        return list(bars)
    half = MOST // 2
    return [*bars[:half], between(len(bars) - 2 * half), *bars[-half:]]


def bar_panel(
    canvas: Canvas,
    top: float,
    title: str,
    rows: Sequence[Bar | str],
    *,
    low: float | None = None,
    high: float | None = None,
    lines: Sequence[tuple[float, str]] = (),
) -> float:
    """Draw a panel of bars and return where it ends.

    Parameters
    ----------
    low, high : float, optional
        Ends of the scale; those of the bars when omitted, with zero.
    lines : sequence of (value, text)
        Lines across all bars.
    """
    bars = [row for row in rows if isinstance(row, Bar)]
    reach = [value for bar in bars for value in (bar.start, bar.end)]
    low = min([0.0, *reach]) if low is None else low
    high = max([0.0, *reach]) if high is None else high
    if title:
        top = canvas.wrapped(0, top + LINE, title, size=13, bold=True) - 8
    # Digits and signs are wide letters, and what stands for a sum is bold.
    widest = max((width_of(bar.name) * (1.2 if bar.strong else 1.0) for bar in bars), default=0.0)
    gutter = min(widest + 10, canvas.width * (0.40 if canvas.narrow else 0.36))
    numbers = max((width_of(bar.text) * (1.2 if bar.strong else 1.08) for bar in bars), default=0.0) + 8
    left_numbers = numbers if any(bar.end < bar.start for bar in bars) else 4
    right_numbers = numbers if any(bar.end >= bar.start for bar in bars) else 4
    # Where numbers on both sides would leave no room for the bars, they stand in a column of their own.
    column = canvas.width - gutter - left_numbers - right_numbers < _ROOM
    left_numbers, right_numbers = (4, numbers) if column else (left_numbers, right_numbers)
    scale = Scale(low, high, gutter + left_numbers, canvas.width - right_numbers)
    bottom = top + ROW * len(rows)
    for value, text in lines:
        canvas.line(scale(value), top, scale(value), bottom, INK, dash="4 3")
        if text:
            canvas.text(scale(value), bottom + 12, text, size=11, colour=SOFT, anchor="middle")
    canvas.line(scale(0.0), top, scale(0.0), bottom, SOFT)
    for position, row in enumerate(rows):
        y = top + ROW * position
        if isinstance(row, str):
            canvas.text(gutter, y + 16, row, colour=SOFT)
            continue
        canvas.line(gutter, y + ROW, canvas.width, y + ROW, GRID)
        canvas.label(gutter - 8, y + 12, row.name, gutter - 8, bold=row.strong)
        said = f"{row.name}: {row.text}"
        canvas.rect(scale(row.start), y + 5, scale(row.end) - scale(row.start), 14, row.colour, said=said)
        if column:
            canvas.text(canvas.width, y + 16, row.text, anchor="end", bold=row.strong)
            continue
        after = row.end >= row.start
        wide = width_of(row.text)
        left = scale(row.end) + 2 if after else scale(row.end) - wide - 2
        if any(left < scale(value) < left + wide for value in (0.0, *(value for value, _ in lines))):
            canvas.rect(left, y + 5, wide, 14, "#ffffff")  # a line would otherwise run through the number
        place = scale(row.end) + (5 if after else -5)
        canvas.text(place, y + 16, row.text, anchor="start" if after else "end", bold=row.strong)
    return bottom + (18 if any(text for _, text in lines) else 8)


def legend(canvas: Canvas, top: float, items: Sequence[tuple[str, str, str]]) -> float:
    """Draw what colours and dashes mean: (text, colour, dash); return where it ends."""
    x, y = 0.0, top + 14
    for text, colour, dash in items:
        if x and x + width_of(text) + 34 > canvas.width:
            x, y = 0.0, y + 18
        if dash:
            canvas.line(x, y - 4, x + 20, y - 4, colour, width=2.5, dash="" if dash == "solid" else dash)
        else:
            canvas.rect(x, y - 10, 12, 12, colour)
        canvas.text(x + (26 if dash else 18), y, text)
        x += width_of(text) + (44 if dash else 36)
    return y + 8
