"""Charts of prices and money: price path, results, staircase of unit cost, purchaser's variance."""

from __future__ import annotations

from bench.report.charts.colours import GAIN, INK, LOSS
from bench.report.charts.style import (
    ROW,
    WIDTH,
    Figure,
    Spec,
    categories,
    ink_on,
    own_colour,
    padded,
    panel_title,
    quantitative,
    rule,
    stacked,
    tooltip,
    values,
)
from bench.report.charts.waterfall import Step, waterfall_kind
from bench.report.edition import Edition
from bench.report.facts import Row, SchemeFacts, rows
from bench.report.words.numbers import MILLION

#: Narrowest step of the staircase, in per cent of the volume, that still has room for a name.
_NARROW = 2.4


def price_path(edition: Edition) -> Figure | None:
    """Price level and unit cost per scheme and year, first price = 100."""
    panels = []
    for scheme in edition.facts.schemes:
        points = _path_points(edition, scheme)
        if points:
            panels.append((scheme, points))
    if not panels:
        return None
    t = edition.t
    every = [point["index"] for _, points in panels for point in points]
    domain = [min(every) - 2, max(every) + 2]
    width = 225 if len(panels) > 1 else WIDTH
    series = [t("chart.price"), t("chart.unit_cost")]
    body: Spec = {
        "concat": [
            {
                "title": panel_title(edition.labels.scheme(scheme.key)),
                "width": width,
                "height": 220,
                "data": values(points),
                "layer": [
                    {"mark": {"type": "line", "strokeWidth": 2.5}},
                    {"mark": {"type": "point", "filled": True, "size": 55, "opacity": 1}},
                ],
                "encoding": {
                    "x": {"field": "year", "type": "ordinal", "axis": {"title": None, "labelAngle": 0, "grid": False}},
                    "y": quantitative(
                        "index",
                        t("chart.index_axis") if k == 0 else None,
                        scale={"domain": domain, "zero": False},
                        axis={"tickMinStep": 1},
                    ),
                    "color": {
                        "field": "series",
                        "type": "nominal",
                        "scale": {"domain": series, "range": [GAIN, LOSS]},
                        "legend": {"title": None},
                    },
                    "strokeDash": {
                        "field": "series",
                        "type": "nominal",
                        "scale": {"domain": series, "range": [[1, 0], [5, 3]]},
                        "legend": None,
                    },
                    "tooltip": tooltip({"year": t("col.year"), "series": " ", "text": t("chart.index")}),
                },
            }
            for k, (scheme, points) in enumerate(panels)
        ],
        "columns": 3,
        "spacing": 24,
    }
    return edition.figure("price-path", body)


def _path_points(edition: Edition, scheme: SchemeFacts) -> list[Row]:
    history = [row for row in scheme.years if row["price_level"] and row["unit_cost"]]
    if not history:
        return []
    base = history[0]["price_level"]
    price = [(row["year"], row["price_level"]) for row in history]
    if history[-1]["next_price_level"]:
        price.append((history[-1]["year"] + 1, history[-1]["next_price_level"]))
    lines = {"chart.price": price, "chart.unit_cost": [(row["year"], row["unit_cost"]) for row in history]}
    return [
        {
            "year": str(year),
            "index": 100 * value / base,
            "series": edition.t(key),
            "text": edition.n.number(100 * value / base, 1),
        }
        for key, points in lines.items()
        for year, value in points
    ]


def results(edition: Edition) -> Figure | None:
    """Surplus and deficit per unit, adding up to the result of the scheme."""
    t = edition.t
    panels = []
    for scheme in edition.facts.schemes:
        found = [(unit, unit.result) for unit in edition.facts.in_scheme(scheme.key) if unit.result is not None]
        units = sorted(found, key=lambda pair: (-pair[1], pair[0].key))
        if not units:
            continue
        bars: list[Row] = []
        level = 0.0
        for unit, result in units:
            bars.append(_bar(unit.key, level, level + result, result, GAIN if result >= 0 else LOSS))
            level += result
        bars.append(_bar(t("chart.sum"), 0.0, level, level, INK))
        panels.append(_waterfall_panel(bars, edition, edition.labels.scheme(scheme.key)))
    return edition.figure("results", stacked(panels), year=edition.facts.year) if panels else None


def unit_waterfall_figure(edition: Edition, unit: str, steps: list[Step]) -> Figure | None:
    """One unit's way from last year's result to the closing balance."""
    if not steps:
        return None
    t = edition.t
    bars = [
        _bar(
            t(f"step.{step.key}"),
            step.start,
            step.end,
            step.amount,
            INK if step.kind == "total" else GAIN if step.amount >= 0 else LOSS,
        )
        for step in steps
    ]
    panel = _waterfall_panel(bars, edition, None)
    return edition.figure(waterfall_kind(steps), panel, unit=unit, year=edition.facts.year)


def _bar(name: str, start: float, end: float, amount: float, colour: str) -> Row:
    return {"name": name, "start": start, "end": end, "amount": amount, "colour": colour, "left": amount < 0}


def _scaled(bars: list[Row], edition: Edition) -> tuple[list[Row], str]:
    """Return bars in millions or, where all are small, thousands; with their amounts as text, and the axis title."""
    large = any(abs(bar["amount"]) >= MILLION for bar in bars)
    unit = MILLION if large else 1000
    made = []
    for bar in bars:
        outer = max(bar["start"], bar["end"]) if not bar["left"] else min(bar["start"], bar["end"])
        amount = (
            edition.n.millions(bar["amount"], 2, sign=True) if large else edition.n.kroner(bar["amount"], sign=True)
        )
        places = {
            name: value / unit for name, value in (("start", bar["start"]), ("end", bar["end"]), ("outer", outer))
        }
        made.append({**bar, **places, "text": amount})
    return made, edition.t("chart.millions" if large else "unit.thousand")


def _waterfall_panel(bars: list[Row], edition: Edition, title: str | None) -> Spec:
    bars, measure = _scaled(bars, edition)
    names = [bar["name"] for bar in bars]
    reach = [bar[end] for bar in bars for end in ("start", "end")]
    low, high = min([0.0, *reach]), max([0.0, *reach])
    room = (high - low or 1.0) * 0.26
    # Room for the amounts on the side where they stand.
    domain = [
        low - (room if any(bar["left"] for bar in bars) else 0),
        high + (room if any(not bar["left"] for bar in bars) else 0),
    ]
    y = categories("name", names)
    x = quantitative("start", measure, form=",.1~f", scale={"domain": domain, "nice": False})
    label: Spec = {"type": "text", "fontSize": 12, "color": INK}
    amounts: list[Spec] = [
        {
            "transform": [{"filter": f"datum.left === {str(left).lower()}"}],
            "mark": {**label, "align": "right" if left else "left", "dx": -5 if left else 5},
            "encoding": {"y": y, "x": {"field": "outer", "type": "quantitative"}, "text": {"field": "text"}},
        }
        for left in (False, True)
    ]
    panel: Spec = {
        "width": WIDTH,
        "height": {"step": ROW},
        "data": values(bars),
        "layer": [
            rule("x", 0.0, color="#6b757e"),
            {
                "mark": {"type": "bar", "height": 14},
                "encoding": {
                    "y": y,
                    "x": x,
                    "x2": {"field": "end"},
                    "color": own_colour(),
                    "tooltip": tooltip({"name": " ", "text": edition.t("chart.amount")}),
                },
            },
            *amounts,
        ],
    }
    if title:
        panel["title"] = panel_title(title)
    return panel


def staircase(edition: Edition) -> Figure | None:
    """Unit cost against cumulative volume: the area of a step is the unit's share of the cost."""
    panels = []
    for scheme in edition.facts.schemes:
        steps = _stairs(edition, scheme)
        now = next((row for row in scheme.years if row["year"] == edition.facts.year), None)
        if steps and now:
            norm = 100 * now["price_level"] / now["unit_cost"] if now["price_level"] and now["unit_cost"] else None
            panels.append(_stair_panel(edition, steps, norm, edition.labels.scheme(scheme.key)))
    return edition.figure("staircase", stacked(panels), year=edition.facts.year) if panels else None


def _stairs(edition: Edition, scheme: SchemeFacts) -> list[Row]:
    units = [
        unit
        for unit in edition.facts.in_scheme(scheme.key)
        if unit.settlement is not None and unit.settlement["activity_income"]
    ]
    income = sum(unit.settlement["activity_income"] for unit in units if unit.settlement)
    cost = sum(unit.settlement["cost"] for unit in units if unit.settlement)
    if not income or not cost:
        return []
    found = []
    for unit in units:
        row = unit.settlement or {}
        volume = row["activity_income"] / income
        found.append((row["cost"] / cost / volume * 100, volume * 100, unit))
    steps: list[Row] = []
    left = 0.0
    for index, width, unit in sorted(found, key=lambda item: (item[0], item[2].key)):
        steps.append(
            {
                "unit": unit.key,
                "left": left,
                "right": left + width,
                "middle": left + width / 2,
                "index": index,
                "colour": unit.colour,
                "ink": ink_on(unit.colour),
                "named": width >= _NARROW,
                "label": f"{unit.key}  {edition.n.number(index)}",
                "text": edition.n.number(index, 1),
                "width": edition.n.percent(width / 100),
                "cost": edition.n.money((unit.settlement or {})["cost"]),
            }
        )
        left += width
    return steps


def _stair_panel(edition: Edition, steps: list[Row], norm: float | None, title: str) -> Spec:
    t = edition.t
    x = quantitative("left", t("chart.volume_axis"), scale={"domain": [0, 100], "nice": False})
    top = 1.08 * max([*(step["index"] for step in steps), norm or 0.0])
    y = quantitative("index", t("chart.cost_axis"), scale={"domain": [0, top], "nice": False})
    layers: list[Spec] = [
        {
            "mark": {"type": "rect", "stroke": "#ffffff", "strokeWidth": 1},
            "encoding": {
                "x": x,
                "x2": {"field": "right"},
                "y": y,
                "y2": {"datum": 0},
                "color": own_colour(),
                "tooltip": tooltip(
                    {
                        "unit": t("col.unit"),
                        "text": t("chart.index"),
                        "width": t("chart.volume_share"),
                        "cost": t("col.cost"),
                    }
                ),
            },
        },
        {
            "transform": [{"filter": "datum.named"}],
            "mark": {"type": "text", "angle": 270, "align": "left", "baseline": "middle", "fontSize": 12},
            "encoding": {
                "x": {"field": "middle", "type": "quantitative"},
                "y": {"datum": 4},
                "text": {"field": "label"},
                "color": own_colour("ink"),
            },
        },
    ]
    if norm is not None:
        layers.append(rule("y", norm, color=INK, strokeDash=[6, 3], strokeWidth=1.5))
    return {"title": panel_title(title), "width": 760, "height": 230, "data": values(steps), "layer": layers}


def purchaser(edition: Edition) -> Figure | None:
    """The purchaser's variance per service, split into volume and price."""
    frame = edition.facts.run.purchaser
    if not len(frame):
        return None
    year = frame["year"].max()
    t = edition.t
    kinds = {"volume_variance": t("chart.volume_variance"), "price_variance": t("chart.price_variance")}
    panels = []
    for scheme in edition.facts.schemes:
        lines = rows(frame[(frame["year"] == year) & (frame["scheme"] == scheme.key)])
        if not lines:
            continue
        bars = [
            {
                "name": edition.labels.service(scheme.key, row["service"]),
                "kind": title,
                "amount": (row[key] or 0.0) / 1_000_000,
                "text": edition.n.money(row[key], 2, sign=True),
            }
            for row in lines
            for key, title in kinds.items()
        ]
        panels.append(_variance_panel(edition, bars, list(kinds.values()), edition.labels.scheme(scheme.key)))
    return edition.figure("purchaser", stacked(panels), year=year) if panels else None


def _variance_panel(edition: Edition, bars: list[Row], kinds: list[str], title: str) -> Spec:
    names = list(dict.fromkeys(bar["name"] for bar in bars))
    amounts = [bar["amount"] for bar in bars]
    return {
        "title": panel_title(title),
        "width": WIDTH,
        "height": {"step": 12},
        "data": values(bars),
        "layer": [
            {
                "mark": {"type": "bar"},
                "encoding": {
                    "y": categories("name", names),
                    "yOffset": {"field": "kind", "sort": kinds},
                    "x": quantitative(
                        "amount",
                        edition.t("chart.millions"),
                        form=",.1f",
                        scale={"domain": padded(amounts, amounts, 0.05)},
                    ),
                    "color": {
                        "field": "kind",
                        "type": "nominal",
                        "scale": {"domain": kinds, "range": [GAIN, LOSS]},
                        "legend": {"title": None},
                    },
                    "tooltip": tooltip({"name": " ", "kind": " ", "text": edition.t("chart.amount")}),
                },
            },
            rule("x", 0.0, color="#6b757e"),
        ],
    }
