"""The charts of a simulation: price and cost with bands, units, the payer, and the map of stability."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.report.charts.colours import GAIN, INK, LOSS
from bench.report.charts.style import WIDTH, Figure, Spec, categories, panel_title, quantitative, values
from bench.report.pages.forward import Words

if TYPE_CHECKING:
    from bench.stykkpris.simulation.result import SchemePaths, SimulationResult

#: Charts with more units than this show the extremes only.
MOST_UNITS = 40
_GAINS = tuple(round(0.1 * k, 1) for k in range(1, 11))
_SPENDINGS = tuple(round(0.05 * k, 2) for k in range(0, 21))


def scheme_names(result: SimulationResult, words: Words) -> dict[str, str]:
    """Return readers' names of the schemes."""
    return {scheme.scheme.id: scheme.scheme.label.get(words.language) for scheme in result.schemes}


def chart(result: SimulationResult, language: str = "nb") -> Figure:
    """Return the chart of income and cost per volume, one panel per scheme."""
    words = Words(language)
    names = scheme_names(result, words)
    panels = [_path_rows(result, scheme, words) for scheme in result.schemes]
    every = [row[side] for rows in panels for row in rows for side in ("low", "high")]
    domain = [min(every) - 1, max(every) + 1]
    series = [words("sim.series.income"), words("sim.series.cost")]
    width = WIDTH if len(panels) == 1 else (300 if len(panels) in (2, 4) else 225)
    colour = {"field": "series", "type": "nominal", "scale": {"domain": series, "range": [GAIN, LOSS]}}
    body: Spec = {
        "concat": [
            {
                "title": panel_title(names[scheme.scheme.id]),
                "width": width,
                "height": 220,
                "data": values(rows),
                "encoding": {
                    "x": {"field": "year", "type": "ordinal", "axis": {"title": None, "labelAngle": 0, "grid": False,
                                                                       "labelOverlap": True}},
                    "color": {**colour, "legend": {"title": None}},
                },
                "layer": [
                    {
                        "mark": {"type": "area", "opacity": 0.18},
                        "encoding": {
                            "y": quantitative("low", words("sim.axis.index") if k == 0 else None, form=",.0f",
                                              scale={"domain": domain, "zero": False}),
                            "y2": {"field": "high"},
                        },
                    },
                    {
                        "mark": {"type": "line", "strokeWidth": 2.5},
                        "encoding": {
                            "y": {"field": "mean", "type": "quantitative"},
                            "strokeDash": {"field": "series", "type": "nominal", "legend": None,
                                           "scale": {"domain": series, "range": [[1, 0], [5, 3]]}},
                        },
                    },
                ],
            }
            for k, (scheme, rows) in enumerate(zip(result.schemes, panels, strict=True))
        ],
        "columns": 3 if len(panels) != 4 else 2,
        "spacing": 24,
    }  # fmt: skip
    return words.figure("sim.chart.paths", body, synthetic=result.synthetic, base=result.base)


def _path_rows(result: SimulationResult, scheme: SchemePaths, words: Words) -> list[dict[str, Any]]:
    rows = []
    for of in ("income", "cost"):
        paths = 100.0 * result.unit_cost(scheme, of)
        low, high = np.quantile(paths, (0.05, 0.95), axis=0)
        for t, year in enumerate(result.years):
            rows.append(
                {
                    "year": year,
                    "series": words(f"sim.series.{of}"),
                    "mean": short(paths[:, t].mean()),
                    "low": short(low[t]),
                    "high": short(high[t]),
                }
            )
    return rows


def short(value: Any) -> float:
    """Six digits: enough for a chart, and the page stays small."""
    return float(f"{float(value):.6g}")


def unit_chart(result: SimulationResult, words: Words, names: Mapping[str, str]) -> Figure:
    """Return the chart of every unit's result in the last year, with its band."""
    rows: list[dict[str, Any]] = []
    for scheme in result.schemes:
        income = scheme["income"][:, -1]
        with np.errstate(divide="ignore", invalid="ignore"):
            margin = 100.0 * scheme.result[:, -1] / np.where(income != 0.0, income, np.nan)
        for i, unit in enumerate(scheme.units):
            seen = margin[:, i][np.isfinite(margin[:, i])]  # worlds in which the unit is still there
            if scheme.present[i] and seen.size:
                low, middle, high = np.quantile(seen, (0.05, 0.5, 0.95))
                rows.append(
                    {"unit": unit, "scheme": names[scheme.scheme.id], "low": short(low), "middle": short(middle),
                     "high": short(high)}
                )  # fmt: skip
    rows.sort(key=lambda row: -float(row["middle"]))
    if len(rows) > MOST_UNITS:
        half = MOST_UNITS // 2
        rows = [*rows[:half], *rows[-half:]]
    order = [str(row["unit"]) for row in rows]
    body: Spec = {
        "width": WIDTH - 60,
        "height": {"step": 20},
        "data": values(rows),
        "encoding": {"y": categories("unit", order), "color": {
            "field": "scheme", "type": "nominal", "legend": {"title": None, "labelLimit": 300},
            "scale": {"domain": list(dict.fromkeys(names.values())), "range": _HUES},
        }},
        "layer": [
            {"mark": {"type": "rule"},
             "encoding": {"x": {"datum": 0}, "y": None, "color": {"value": "#8a939b"}}},
            {"mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.45},
             "encoding": {"x": quantitative("low", words("sim.axis.margin"), form=",.1f"), "x2": {"field": "high"}}},
            {"mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
             "encoding": {"x": {"field": "middle", "type": "quantitative"}}},
        ],
    }  # fmt: skip
    return words.figure("sim.chart.units", body, synthetic=result.synthetic, year=result.years[-1])


_HUES = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#b8860b", "#6a4c93", "#5f6b6d"]


def payer_chart(result: SimulationResult, words: Words) -> Figure:
    """Return the chart of what the payer pays, at prices of the accounts, with bands."""
    real = result.real(result.payer()) / 1e6
    rows = []
    bands = np.quantile(real, (0.05, 0.25, 0.75, 0.95), axis=0)
    for t, year in enumerate(result.years):
        p5, p25, p75, p95 = (short(b[t]) for b in bands)
        rows.append({"year": year, "p5": p5, "p25": p25, "p75": p75, "p95": p95, "mean": short(real[:, t].mean())})
    x = {"field": "year", "type": "ordinal", "axis": {"title": None, "labelAngle": 0, "grid": False}}
    body: Spec = {
        "width": WIDTH,
        "height": 240,
        "data": values(rows),
        "encoding": {"x": x},
        "layer": [
            {
                "mark": {"type": "area", "opacity": 0.15, "color": GAIN},
                "encoding": {"y": quantitative("p5", None, form=",.0f", scale={"zero": False}), "y2": {"field": "p95"}},
            },
            {
                "mark": {"type": "area", "opacity": 0.25, "color": GAIN},
                "encoding": {"y": {"field": "p25", "type": "quantitative"}, "y2": {"field": "p75"}},
            },
            {
                "mark": {"type": "line", "strokeWidth": 2.5, "color": GAIN},
                "encoding": {"y": {"field": "mean", "type": "quantitative"}},
            },
        ],
    }
    return words.figure("sim.chart.payer", body, synthetic=result.synthetic)


def stability_maps(result: SimulationResult, words: Words, names: Mapping[str, str]) -> list[Figure]:
    """Return the map of gain and spending, once for schemes whose rule is the same."""
    from bench.modelfile.blocks import FIXED_SOURCES
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
        rows = [
            {"gain": gain, "spending": spending, "left": short(sizes[i, j])}
            for i, gain in enumerate(_GAINS)
            for j, spending in enumerate(_SPENDINGS)
        ]
        here = [{"gain": min(_GAINS, key=lambda g: abs(g - price.gain.at(year))),
                 "spending": min(_SPENDINGS, key=lambda s: abs(s - result.behaviour.reserve_spending))}]  # fmt: skip
        made.append(_map_chart(result, words, names[scheme.scheme.id], rows, here, len(made)))
    return made


def _map_chart(
    result: SimulationResult,
    words: Words,
    name: str,
    rows: list[dict[str, float]],
    here: list[dict[str, float]],
    k: int,
) -> Figure:
    def axis(field: str, **options: Any) -> Spec:
        return {"field": field, "type": "ordinal", "axis": {"title": words(f"sim.axis.{field}"), **options}}

    x = axis("spending", labelAngle=0, format=".0%", labelOverlap=True)
    y = {**axis("gain", format=".1f"), "sort": "descending"}
    colour = {"field": "left", "type": "quantitative", "legend": {"title": None, "format": ".1f"},
              "scale": {"domain": [0, 1, 2], "range": ["#cfe3f1", "#f7f7f5", "#d55e00"], "clamp": True}}  # fmt: skip
    body: Spec = {
        "width": WIDTH - 40,
        "height": 240,
        "layer": [
            {
                "data": values(rows),
                "mark": {"type": "rect"},
                "encoding": {"x": x, "y": y, "color": colour,
                             "tooltip": [{"field": "left", "type": "quantitative", "format": ".2f", "title": " "}]},
            },
            {
                "data": values([row for row in rows if row["left"] >= 1.0]),
                "mark": {"type": "point", "shape": "circle", "size": 8, "color": INK, "filled": True, "opacity": 0.55},
                "encoding": {"x": x, "y": y},
            },
            {
                "data": values(here),
                "mark": {"type": "point", "shape": "cross", "size": 160, "color": INK, "filled": True, "opacity": 1},
                "encoding": {"x": x, "y": y},
            },
        ],
    }  # fmt: skip
    key = "map" if k == 0 else f"map-{k + 1}"
    return words.figure("sim.chart.map", body, synthetic=result.synthetic, name=key, scheme=name)
