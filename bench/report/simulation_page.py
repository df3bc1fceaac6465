"""The page of a simulation: price and cost with bands, every unit's prospects, the payer, stability and incentives."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.manifest import manifest
from bench.report.chart_style import WIDTH, Figure, Spec, categories, panel_title, quantitative, values
from bench.report.colours import GAIN, INK, LOSS
from bench.report.forward_common import Part, Words, assumption_table, cell, files, render, write_folder
from bench.report.page_tables import Cell, Table, signed

if TYPE_CHECKING:
    from bench.stykkpris.incentives import IncentivePower
    from bench.stykkpris.simulation.result import SchemePaths, SimulationResult
    from bench.stykkpris.stability import Stability

#: Charts with more units than this show the extremes only.
MOST_UNITS = 40
_GAINS = tuple(round(0.1 * k, 1) for k in range(1, 11))
_SPENDINGS = tuple(round(0.05 * k, 2) for k in range(0, 21))


def save(result: SimulationResult, directory: str | Path, *, language: str = "nb", overwrite: bool = False) -> Path:
    """Write page, tables, charts, sources and manifest to a folder.

    Parameters
    ----------
    directory : path
        Must not exist or be empty, unless ``overwrite``; then only an earlier report is replaced.
    language : {"nb", "en"}

    Returns
    -------
    Path

    Raises
    ------
    OptionError, ResourceError
        When the folder is taken or cannot be written.
    """
    words = Words(language)
    power, rest = result.incentives(), result.stability()
    parts = sections(result, words, power, rest)
    text = page(result, words, parts)
    charts = [figure for part in parts for figure in part.figures]
    import pandas as pd

    from bench.stykkpris.stability import to_frame

    frames = result.frames()
    frames |= {"stability": to_frame(rest), "incentives": pd.concat([p.to_frame() for p in power], ignore_index=True)}
    made = files(words, text, charts, frames, result.sources)
    options = {
        "model": result.model.name,
        "years": [result.years[0], result.years[-1]],
        "draws": result.draws,
        "seed": result.seed,
        "behaviour": result.behaviour.active(),
        "language": language,
        "synthetic": result.synthetic,
    }
    return write_folder(directory, made, manifest(result.sources, options), overwrite=overwrite)


def page(result: SimulationResult, words: Words, parts: list[Part]) -> str:
    """Return the page as HTML."""
    n = words.numbers
    about = [words("forward.draws", draws=n.number(result.draws), seed=result.seed)]
    if result.draws == 1:
        about.append(words("forward.once"))
    worst = max(scheme.identity for scheme in result.schemes)
    about.append(words("forward.checks", deviation=f"{worst:.0e}" if worst else "0"))
    return render(
        words,
        kind=words("sim.kind"),
        title=result.model.title(words.language),
        subtitle=words("sim.subtitle", first=result.years[0], last=result.years[-1], base=result.base),
        parts=parts,
        synthetic=result.synthetic,
        about=about,
    )


def sections(result: SimulationResult, words: Words, power: list[IncentivePower], rest: list[Stability]) -> list[Part]:
    """Return the sections of the page."""
    names = scheme_names(result, words)
    assumptions = assumption_table(words, result.frame("assumptions"), names)
    return [
        Part("lead", words("sim.lead"), lead=tuple(_lead(result, words, names, power, rest))),
        Part("paths", words("sim.paths"), words("sim.paths_intro"), figures=(chart(result, words.language),)),
        Part(
            "units",
            words("sim.units"),
            words("sim.units_intro"),
            figures=(_unit_chart(result, words, names),),
            tables=tuple(_unit_table(result, words, names, one) for one in power),
        ),
        Part(
            "payer",
            words("sim.payer"),
            words("sim.payer_intro"),
            figures=(_payer_chart(result, words),),
            tables=(_payer_table(result, words),),
        ),
        Part(
            "stability",
            words("sim.stability"),
            words("sim.stability_intro"),
            figures=tuple(_maps(result, words, names)),
            tables=(stability_table(words, names, rest),),
        ),
        Part("assumptions", words("forward.assumptions"), words("forward.assumptions_intro"), tables=(assumptions,)),
    ]


def scheme_names(result: SimulationResult, words: Words) -> dict[str, str]:
    """Return readers' names of the schemes."""
    return {scheme.scheme.id: scheme.scheme.label.get(words.language) for scheme in result.schemes}


def _lead(
    result: SimulationResult, words: Words, names: Mapping[str, str], power: list[IncentivePower], rest: list[Stability]
) -> list[str]:
    n = words.numbers
    lines = []
    for scheme, one, calm in zip(result.schemes, power, rest, strict=True):
        name = names[scheme.scheme.id]
        shown = np.where(one.present, one.power, np.inf)
        weakest = int(np.argmin(shown))
        left, spending = max(calm.radius, calm.scheme_radius), n.percent(calm.spending, 0)
        key = "sim.lead.explosive" if calm.verdict == "explosive" else "sim.lead.stable"
        told = [
            words(
                "sim.lead.unit_cost",
                scheme=name,
                year=result.years[-1],
                base=result.base,
                cost=n.number(100 * result.unit_cost(scheme)[:, -1].mean(), 1),
            ),
            words(
                "sim.lead.power",
                power=n.percent(one.mean, 0),
                unit=one.units[weakest],
                least=n.percent(shown[weakest], 0),
            ),
            words(key, left=n.percent(left, 0), spending=spending),
        ]
        if calm.safe_spending is not None:
            told.append(words("sim.lead.safe", safe=n.percent(calm.safe_spending, 1)))
        lines.append(" ".join(told))
    return lines


# -- charts ------------------------------------------------------------------------------------------------------


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
                    "mean": _short(paths[:, t].mean()),
                    "low": _short(low[t]),
                    "high": _short(high[t]),
                }
            )
    return rows


def _short(value: Any) -> float:
    """Six digits: enough for a chart, and the page stays small."""
    return float(f"{float(value):.6g}")


def _unit_chart(result: SimulationResult, words: Words, names: Mapping[str, str]) -> Figure:
    rows: list[dict[str, Any]] = []
    for scheme in result.schemes:
        income = scheme["income"][:, -1]
        with np.errstate(divide="ignore", invalid="ignore"):
            margin = 100.0 * scheme.result[:, -1] / np.where(income != 0.0, income, np.nan)
        for i, unit in enumerate(scheme.units):
            if scheme.present[i] and np.isfinite(margin[:, i]).all():
                low, middle, high = np.quantile(margin[:, i], (0.05, 0.5, 0.95))
                rows.append(
                    {"unit": unit, "scheme": names[scheme.scheme.id], "low": _short(low), "middle": _short(middle),
                     "high": _short(high)}
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


def _payer_chart(result: SimulationResult, words: Words) -> Figure:
    real = result.real(result.payer()) / 1e6
    rows = []
    bands = np.quantile(real, (0.05, 0.25, 0.75, 0.95), axis=0)
    for t, year in enumerate(result.years):
        p5, p25, p75, p95 = (_short(b[t]) for b in bands)
        rows.append({"year": year, "p5": p5, "p25": p25, "p75": p75, "p95": p95, "mean": _short(real[:, t].mean())})
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


def _maps(result: SimulationResult, words: Words, names: Mapping[str, str]) -> list[Figure]:
    """The map of gain and spending, once for schemes whose rule is the same."""
    from bench.modelfile.blocks import FIXED_SOURCES
    from bench.stykkpris.stability import stability_map

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
            {"gain": gain, "spending": spending, "left": _short(sizes[i, j])}
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


# -- tables ------------------------------------------------------------------------------------------------------


def _unit_table(result: SimulationResult, words: Words, names: Mapping[str, str], power: IncentivePower) -> Table:
    scheme = next(s for s in result.schemes if s.scheme.id == power.scheme)
    n, year = words.numbers, result.years[-1]
    rows = []
    for row in power.to_frame().to_dict("records"):
        i = scheme.units.index(row["unit"])
        income = scheme["income"][:, -1, i]
        margin = scheme.result[:, -1, i] / np.where(income != 0.0, income, np.nan)
        low, middle, high = np.quantile(margin, (0.05, 0.5, 0.95))
        balance = float(np.median(scheme["closing"][:, -1, i])) / 1e6
        rows.append(
            (
                Cell(row["unit"]),
                Cell(n.percent(row["cost_share"])),
                Cell(n.percent(row["power"], 0)),
                signed(n.percent(row["margin"], sign=True), row["margin"]),
                signed(n.percent(middle, sign=True), middle),
                Cell(f"{n.percent(low, sign=True)} – {n.percent(high, sign=True)}"),
                signed(n.number(balance, 1, sign=True), balance),
                Cell(n.percent((scheme["dispensation"][:, -1, i] > 0.0).mean(), 0)),
            )
        )
    keys = ("share", "power", "first", "last", "range", "reserves", "waived")
    columns = (words("forward.unit"), *(words(f"sim.col.{key}", year=year) for key in keys))
    numeric = (False, *([True] * len(keys)))
    return Table(words("sim.table.units", scheme=names[power.scheme]), columns, numeric, tuple(rows))


def stability_table(words: Words, names: Mapping[str, str], rest: list[Stability]) -> Table:
    """Return the table of roots, boundaries and anchors."""
    n = words.numbers
    rows = []
    for one in rest:
        verdict = words(f"sim.verdict.{one.verdict}")
        if one.swings and one.verdict == "stable":
            verdict = f"{verdict}, {words('sim.swings')}"
        safe = words("sim.lead.any") if one.safe_spending is None else n.percent(one.safe_spending, 1)
        half = "∞" if np.isinf(one.half_life) else n.number(one.half_life, 1)
        rows.append(
            (
                Cell(names[one.scheme]),
                Cell(n.number(max(one.radius, one.scheme_radius), 3)),
                Cell(half),
                Cell(safe),
                Cell(n.percent(one.anchor, 0)),
                cell(verdict, "loss" if one.verdict == "explosive" else ""),
            )
        )
    keys = ("root", "half", "safe", "anchor", "verdict")
    columns = (words("forward.scheme"), *(words(f"sim.col.{key}") for key in keys))
    return Table(words("sim.table.stability"), columns, (False, True, True, True, True, False), tuple(rows))


def _payer_table(result: SimulationResult, words: Words) -> Table:
    n = words.numbers
    frame = result.frame("payer")
    frame = frame[~frame["measure"].isin(["real_expenditure"])]
    measures = list(dict.fromkeys(frame["measure"]))
    real = result.real(result.payer()).mean(axis=0) / 1e6
    rows = []
    for t, year in enumerate(result.years):
        here = frame[frame["year"] == year].set_index("measure")
        cells = [Cell(n.number(here.loc[m, "mean"] / 1e6, 1)) for m in measures]
        first = here.loc["expenditure"]
        spread = f"{n.number(first['p5'] / 1e6, 1)} – {n.number(first['p95'] / 1e6, 1)}"
        rows.append((Cell(str(year)), cells[0], Cell(spread), Cell(n.number(real[t], 1)), *cells[1:]))
    columns = (
        words("forward.year"),
        words("sim.col.expenditure"),
        words("sim.col.range"),
        words("sim.col.real"),
        *(words(f"sim.col.{m}") for m in measures[1:]),
    )
    return Table(words("sim.table.payer"), columns, (False, *([True] * (len(columns) - 1))), tuple(rows))
