"""The specification curve of one unit: its score under every combination of choices, from the lowest to the highest."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.report.charts.colours import GAIN, GRID, LOSS, SOFT
from bench.report.charts.drawing import Canvas, Figure, Scale, drawn

_HEIGHT = 150.0


def curve_figure(
    key: str,
    scores: Sequence[float],
    decided: float | None,
    words: tuple[str, str, str],
    *,
    axis: Callable[[float], str],
    decided_label: str,
) -> Figure:
    """Return the chart of a unit's scores.

    Parameters
    ----------
    key : str
    scores : sequence of float
        One per specification, in any order.
    decided : float, optional
        The score that was decided, drawn as a line across.
    words : (title, subtitle, alt)
    axis : callable
        Writes a number on the axis.
    decided_label : str
    """
    found = sorted(scores)
    title, subtitle, alt = words

    def body(canvas: Canvas, top: float) -> float:
        known = [*found, *([decided] if decided is not None else [])]
        low, high = min(known), max(known)
        room = max(0.08 * (high - low), 0.005)
        y = Scale(low - room, high + room, top + _HEIGHT, top + 14)
        x = Scale(0.0, float(max(len(found) - 1, 1)), 58, canvas.width - 16)
        for tick in y.ticks(4):
            canvas.line(58, y(tick), canvas.width - 16, y(tick), GRID)
            canvas.text(52, y(tick) + 4, axis(tick), size=11, colour=SOFT, anchor="end")
        canvas.path([(x(float(k)), y(value)) for k, value in enumerate(found)], GAIN)
        if decided is not None:
            canvas.line(58, y(decided), canvas.width - 16, y(decided), LOSS, width=1.4, dash="5 3")
            above = y(decided) - 5 if y(decided) > top + 30 else y(decided) + 14
            canvas.text(62, above, f"{decided_label} {axis(decided)}", size=11, colour=SOFT)
        return top + _HEIGHT + 8

    return drawn(key, title, subtitle, alt, "", body)
