"""The charts of a simulation: price and cost with bands, units, the payer, and the map of stability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.report.charts.bars import ends, legend
from bench.report.charts.colours import GAIN, INK, LOSS, NEUTRAL, SOFT
from bench.report.charts.drawing import LINE, Canvas, Figure, Scale, shortened
from bench.report.charts.lines import PANEL, Line, line_panel, spread
from bench.report.charts.spans import Span, span_panel
from bench.report.pages.forward import Words
from bench.typing import FloatArray

if TYPE_CHECKING:
    from bench.stykkpris.simulation.result import SchemePaths, SimulationResult

_GAINS = tuple(round(0.1 * k, 1) for k in range(1, 11))
_SPENDINGS = tuple(round(0.05 * k, 2) for k in range(0, 21))

#: From calm to growing: a share of a disturbance that is left a year later, and its shade.
_SHADES = ((0.25, "#e1edf6"), (0.5, "#cfe3f1"), (0.75, "#bcd7ea"), (1.0, "#a5c8e1"), (1.5, "#f6c7a3"), (9.9, "#eb9a5f"))


def scheme_names(result: SimulationResult, words: Words) -> dict[str, str]:
    """Return readers' names of the schemes."""
    return {scheme.scheme.id: scheme.scheme.label.get(words.language) for scheme in result.schemes}


def chart(result: SimulationResult, language: str = "nb") -> Figure:
    """Return the chart of income and cost per volume, one panel per scheme."""
    words = Words(language)
    n, names = words.numbers, scheme_names(result, words)
    kinds = (("income", GAIN, ""), ("cost", LOSS, "5 3"))
    panels = [
        (names[scheme.scheme.id], [_path(result, scheme, words, of, colour, dash) for of, colour, dash in kinds])
        for scheme in result.schemes
    ]
    reach = spread([line for _, lines in panels for line in lines])

    def body(canvas: Canvas, top: float) -> float:
        shown = [(words(f"sim.series.{of}"), colour, dash or "solid") for of, colour, dash in kinds]
        top = legend(canvas, top, shown)
        across = 1 if canvas.narrow else min(3, len(panels))
        width = (canvas.width - 24 * (across - 1)) / across
        for k, (title, lines) in enumerate(panels):
            place = ((k % across) * (width + 24), top + (k // across) * PANEL, width)
            line_panel(canvas, place, title, lines, reach, axis=n.plain, said=lambda value: n.number(value, 1))
        return top + PANEL * -(-len(panels) // across)

    return words.figure("sim.chart.paths", body, synthetic=result.synthetic, base=result.base)


def _path(result: SimulationResult, scheme: SchemePaths, words: Words, of: str, colour: str, dash: str) -> Line:
    paths = 100.0 * result.unit_cost(scheme, of)
    return Line(
        words(f"sim.series.{of}"), _means(result.years, paths), colour, dash, [_band(result.years, paths, 0.05)]
    )


def _means(years: tuple[int, ...], paths: FloatArray) -> list[tuple[int, float]]:
    return [(year, float(value)) for year, value in zip(years, paths.mean(axis=0), strict=True)]


def _band(years: tuple[int, ...], paths: FloatArray, tail: float) -> list[tuple[int, float, float]]:
    low, high = np.quantile(paths, (tail, 1.0 - tail), axis=0)
    return [(year, float(a), float(b)) for year, a, b in zip(years, low, high, strict=True)]


@dataclass(frozen=True, slots=True)
class Prospect:
    """A unit's result in the last year as a share of income, over the worlds in which it is still there."""

    unit: str
    low: float
    middle: float
    high: float

    @property
    def sign(self) -> int:
        """1 where nine of ten worlds give a surplus, −1 where they give a deficit, 0 where it may be either."""
        return 1 if self.low > 0.0 else -1 if self.high < 0.0 else 0


def prospects(scheme: SchemePaths) -> list[Prospect]:
    """Return every unit's prospect, the best first; nothing of a unit that no world has left."""
    income = scheme["income"][:, -1]
    with np.errstate(divide="ignore", invalid="ignore"):
        margin = scheme.result[:, -1] / np.where(income != 0.0, income, np.nan)
    made = []
    for i, unit in enumerate(scheme.units):
        seen = margin[:, i][np.isfinite(margin[:, i])]
        if scheme.present[i] and seen.size:
            made.append(Prospect(unit, *(float(q) for q in np.quantile(seen, (0.05, 0.5, 0.95)))))
    return sorted(made, key=lambda one: (-one.middle, one.unit))


def unit_chart(result: SimulationResult, words: Words, names: Mapping[str, str]) -> Figure:
    """Return the chart of every unit's result in the last year, with its band."""
    n = words.numbers
    panels = []
    for scheme in result.schemes:
        spans = [_span(words, one) for one in prospects(scheme)]
        if spans:
            shown = ends(spans, lambda count: words("chart.between", count=n.number(count)))
            panels.append((names[scheme.scheme.id], shown))

    def body(canvas: Canvas, top: float) -> float:
        colours = (("sure_gain", GAIN), ("either", NEUTRAL), ("sure_loss", LOSS))
        top = legend(canvas, top, [(words(f"sim.series.{key}"), colour, "") for key, colour in colours])
        for title, shown in panels:
            top = span_panel(canvas, top, title, shown, axis=lambda value: n.percent(value, 0))
        return top

    return words.figure("sim.chart.units", body, synthetic=result.synthetic, year=result.years[-1])


def _span(words: Words, one: Prospect) -> Span:
    low, middle, high = (words.numbers.percent(value, sign=True) for value in (one.low, one.middle, one.high))
    colour = {1: GAIN, 0: NEUTRAL, -1: LOSS}[one.sign]
    return Span(one.unit, f"{one.unit}: {middle} ({low} – {high})", one.low, one.middle, one.high, colour)


def payer_chart(result: SimulationResult, words: Words) -> Figure:
    """Return the chart of what the payer pays, at prices of the accounts, with bands."""
    real = result.real(result.payer()) / 1e6
    n, years = words.numbers, result.years
    line = Line("", _means(years, real), GAIN, "", [_band(years, real, 0.05), _band(years, real, 0.25)])

    def body(canvas: Canvas, top: float) -> float:
        place = (0.0, top - 18, canvas.width)
        return line_panel(
            canvas, place, "", [line], spread([line]), axis=n.plain, said=lambda value: n.number(value, 1)
        )

    return words.figure("sim.chart.payer", body, synthetic=result.synthetic)


def stability_maps(result: SimulationResult, words: Words, names: Mapping[str, str]) -> list[Figure]:
    """Return the map of gain and spending, once for schemes whose rule is the same."""
    from bench.modelfile.sections.blocks import FIXED_SOURCES
    from bench.stykkpris.simulation.stability import stability_map

    made: list[Figure] = []
    seen: list[tuple[Any, ...]] = []
    for scheme in result.schemes:
        price, settlement = scheme.scheme.price, scheme.scheme.settlement
        year = result.years[0]
        if price.source in (*FIXED_SOURCES, "none", "previous"):
            continue
        key = (price.lag, price.source, price.frontier_share.at(year), settlement.keep_surplus.at(year),
               settlement.carry_deficit.at(year))  # fmt: skip
        if key in seen:
            continue
        seen.append(key)
        sizes = stability_map(scheme.setting, scheme.opening, _GAINS, _SPENDINGS)
        here = (price.gain.at(year), result.behaviour.reserve_spending)
        made.append(_map_chart(result, words, names[scheme.scheme.id], sizes, here, len(made)))
    return made


def _map_chart(
    result: SimulationResult, words: Words, name: str, sizes: FloatArray, here: tuple[float, float], k: int
) -> Figure:
    n = words.numbers

    def body(canvas: Canvas, top: float) -> float:
        top = legend(canvas, top, _shade_names(words))
        top = canvas.wrapped(0, top + LINE, words("sim.axis.gain"), colour=SOFT) - 6
        left, high = 44.0, 22.0
        width = (canvas.width - left - 8) / len(_SPENDINGS)
        for i, gain in enumerate(_GAINS):
            y = top + (len(_GAINS) - 1 - i) * high
            canvas.text(left - 6, y + 15, n.percent(gain, 0), size=11, colour=SOFT, anchor="end")
            for j, spending in enumerate(_SPENDINGS):
                left_over = float(sizes[i, j])
                said = words(
                    "sim.map.said",
                    gain=n.percent(gain, 0),
                    spending=n.percent(spending, 0),
                    left=n.percent(left_over, 0),
                )
                canvas.rect(left + j * width, y, width, high, _shade(left_over), said=said)
        bottom = top + len(_GAINS) * high
        for j in range(0, len(_SPENDINGS), 5 if canvas.narrow else 2):
            text = n.percent(_SPENDINGS[j], 0)
            canvas.text(left + (j + 0.5) * width, bottom + 15, text, size=11, colour=SOFT, anchor="middle")
        across = Scale(_SPENDINGS[0], _SPENDINGS[-1], left + 0.5 * width, left + (len(_SPENDINGS) - 0.5) * width)
        upwards = Scale(_GAINS[0], _GAINS[-1], top + (len(_GAINS) - 0.5) * high, top + 0.5 * high)
        canvas.dot(across(here[1]), upwards(min(max(here[0], _GAINS[0]), _GAINS[-1])), 6, INK, words("sim.map.here"))
        return canvas.wrapped(left, bottom + 33, words("sim.axis.spending"), colour=SOFT) - 8

    key = "map" if k == 0 else f"map-{k + 1}"
    return words.figure("sim.chart.map", body, synthetic=result.synthetic, name=key, scheme=shortened(name, 400))


def _shade(left_over: float) -> str:
    return next((colour for limit, colour in _SHADES if left_over < limit), _SHADES[-1][1])


def _shade_names(words: Words) -> list[tuple[str, str, str]]:
    n, low = words.numbers, 0.0
    made = []
    for limit, colour in _SHADES[:-1]:
        made.append((f"{n.percent(low, 0)} – {n.percent(limit, 0)}", colour, ""))
        low = limit
    return [*made, (words("sim.map.above", limit=n.percent(low, 0)), _SHADES[-1][1], "")]
