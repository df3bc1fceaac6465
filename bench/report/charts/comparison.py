"""The charts of a comparison: what systems cost, what they do to unit cost, and what they leave each unit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bench.report.charts.bars import legend
from bench.report.charts.colours import GAIN, system_colours
from bench.report.charts.drawing import Canvas, Figure
from bench.report.charts.lines import Line, line_panel, spread
from bench.report.charts.spans import dot_panel
from bench.report.pages.forward import Words
from bench.typing import FloatArray

if TYPE_CHECKING:
    from bench.stykkpris.simulation.compare import Comparison
    from bench.stykkpris.simulation.criterion_values import System

#: Lines are told apart by their dashes too, for those who see few colours.
_DASHES = ("", "6 3", "2 2", "8 2 2 2", "4 4", "1 3")


def line_chart(result: Comparison, words: Words, what: str, names: Sequence[str]) -> Figure:
    """Return the chart of the payer's expenditure (``"expenditure"``) or of unit cost (``"cost"``) by system."""
    first, n = result.systems[0].played, words.numbers
    colours = system_colours(names)
    lines = [
        Line(name, list(zip(first.years, map(float, path(result, system, what)), strict=True)), colours[name], dash)
        for name, system, dash in zip(names, result.systems, _dashes(len(names)), strict=True)
    ]

    def body(canvas: Canvas, top: float) -> float:
        top = legend(canvas, top, [(line.name, line.colour, line.dash or "solid") for line in lines])
        place = (0.0, top - 18, canvas.width)
        return line_panel(canvas, place, "", lines, spread(lines), axis=n.plain, said=lambda value: n.number(value, 1))

    return words.figure(f"cmp.chart.{what}", body, synthetic=result.synthetic, base=first.base)


def path(result: Comparison, system: System, what: str) -> FloatArray:
    """Return a system's mean path of expenditure or unit cost, the accounts = 100."""
    played = system.played
    if what == "expenditure":
        base = sum(float(s.setting.data.cost[:, -1].sum()) for s in result.systems[0].played.schemes)
        return np.asarray(100.0 * played.real(played.payer()).mean(axis=0) / base)
    stacked = np.stack([played.unit_cost(s).mean(axis=0) for s in played.schemes], axis=-1)
    return np.asarray(100.0 * stacked @ system.shares)


def _dashes(count: int) -> list[str]:
    return [_DASHES[k % len(_DASHES)] for k in range(count)]


def margin_chart(result: Comparison, words: Words, names: Sequence[str]) -> Figure:
    """Return the chart of every unit's mean result under every system."""
    from bench.stykkpris.simulation.criterion_values import unit_margins

    n = words.numbers
    rows: list[tuple[str, list[tuple[float, float, str]]]] = []
    for name, system in zip(names, result.systems, strict=True):
        dots = []
        largest = max(float(s.setting.data.cost[:, -1].max()) for s in system.played.schemes) or 1.0
        for scheme in system.played.schemes:
            size, margin = scheme.setting.data.cost[:, -1], unit_margins(scheme)
            dots += [
                (float(margin[i]), float(size[i]) / largest, f"{name}, {unit}: {n.percent(margin[i], sign=True)}")
                for i, unit in enumerate(scheme.units)
                if scheme.present[i] and np.isfinite(margin[i])
            ]
        rows.append((name, dots))

    def body(canvas: Canvas, top: float) -> float:
        return dot_panel(canvas, top, rows, GAIN, axis=lambda value: n.percent(value, 0))

    return words.figure("cmp.chart.margins", body, synthetic=result.synthetic)
