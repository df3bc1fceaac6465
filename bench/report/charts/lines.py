"""Lines over years: one panel per scheme or one for all, with bands for what is uncertain."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.report.charts.colours import GRID, SOFT
from bench.report.charts.drawing import LINE, Canvas, Scale, width_of

#: Height of the plot of a panel, and of the panel with its title and years.
PLOT, PANEL = 170, 228


@dataclass(frozen=True, slots=True)
class Line:
    """One line over years.

    Attributes
    ----------
    name : str
        What a pointer or a reader is told it is.
    points : sequence of (year, value)
    colour, dash : str
    bands : sequence of sequence of (year, low, high)
        The widest first; each is drawn on the one before.
    """

    name: str
    points: Sequence[tuple[int, float]]
    colour: str
    dash: str = ""
    bands: Sequence[Sequence[tuple[int, float, float]]] = ()

    @property
    def reach(self) -> tuple[float, float]:
        """Lowest and highest number of line and bands."""
        values = [value for _, value in self.points]
        values += [value for band in self.bands for _, low, high in band for value in (low, high)]
        return min(values), max(values)


def line_panel(
    canvas: Canvas,
    place: tuple[float, float, float],
    title: str,
    lines: Sequence[Line],
    reach: tuple[float, float],
    *,
    axis: Callable[[float], str],
    said: Callable[[float], str],
) -> float:
    """Draw a panel at (left, top, width) and return where it ends.

    Parameters
    ----------
    reach : (low, high)
        Ends of the scale.
    axis, said : callable
        A number as the axis writes it, and as a point is told.
    """
    left, top, width = place
    if title:
        canvas.label(left, top + LINE - 4, title, width - 6, size=13, bold=True, anchor="start")
    years = sorted({year for line in lines for year, _ in line.points})
    y = Scale(*reach, top + 30 + PLOT, top + 34)
    marks = [(tick, axis(tick)) for tick in y.ticks(5)]
    gutter = max(30.0, *(width_of(text, 11) + 6 for _, text in marks))
    x = Scale(years[0], years[-1] if len(years) > 1 else years[0] + 1, left + gutter + 10, left + width - 30)
    for tick, text in marks:
        canvas.line(left + gutter, y(tick), left + width, y(tick), GRID)
        canvas.text(left + gutter - 4, y(tick) + 4, text, size=11, colour=SOFT, anchor="end")
    for year in _shown(years, x):
        canvas.text(x(year), top + PLOT + 48, str(year), size=11, colour=SOFT, anchor="middle")
    for line in lines:
        for band in line.bands:
            above = [(x(year), y(high)) for year, _, high in band]
            below = [(x(year), y(low)) for year, low, _ in band]
            canvas.area([*above, *reversed(below)], line.colour, opacity=0.16)
    for line in lines:
        canvas.path([(x(year), y(value)) for year, value in line.points], line.colour, dash=line.dash)
        for year, value in line.points:
            told = ", ".join(part for part in (title, line.name) if part)
            canvas.dot(x(year), y(value), 3.5, line.colour, f"{told} {year}: {said(value)}")
    return top + PANEL


def spread(lines: Sequence[Line], room: float = 0.04) -> tuple[float, float]:
    """Return ends of a scale that holds every line and band with some room."""
    low = min(line.reach[0] for line in lines)
    high = max(line.reach[1] for line in lines)
    more = max((high - low) * room, abs(high) * 1e-3, 1e-9)
    return low - more, high + more


def _shown(years: Sequence[int], x: Scale) -> list[int]:
    """Return the years that have room for their number, the last always among them."""
    step = abs(x(years[0] + 1) - x(years[0])) or 1.0
    every = max(1, -(-34 // max(int(step), 1)))
    return [year for k, year in enumerate(reversed(years)) if k % every == 0]
