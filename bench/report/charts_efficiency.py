"""Charts of efficiency and requirements: sorted bars, peer map, requirement paths."""

from __future__ import annotations

from bench.report.chart_style import (
    ROW,
    WIDTH,
    Figure,
    Spec,
    categories,
    ink_on,
    own_colour,
    panel_title,
    quantitative,
    rule,
    stacked,
    tooltip,
    values,
)
from bench.report.colours import GAIN, INK
from bench.report.facts import Row, UnitFacts
from bench.report.page_tables import SMALL
from bench.report.voice import Voice

#: Shortest bar that has room for its number inside.
_INSIDE = 0.15


def efficiency(voice: Voice) -> Figure | None:
    """Efficiency per unit, sorted, in the unit's colour."""
    panels = []
    for scheme in voice.facts.schemes:
        scored = [unit for unit in voice.facts.in_scheme(scheme.key) if unit.efficiency is not None]
        bars = [
            {
                "unit": unit.key,
                "share": unit.efficiency["efficiency"],
                "colour": unit.colour,
                "text": voice.n.percent(unit.efficiency["efficiency"]),
                "ink": ink_on(unit.colour) if unit.efficiency["efficiency"] >= _INSIDE else INK,
                "inside": unit.efficiency["efficiency"] >= _INSIDE,
            }
            for unit in scored
            if unit.efficiency is not None and unit.efficiency["efficiency"] is not None
        ]
        if bars:
            bars.sort(key=lambda bar: (-bar["share"], bar["unit"]))
            panels.append(_efficiency_panel(voice, bars, voice.labels.scheme(scheme.key)))
    return voice.figure("efficiency", stacked(panels)) if panels else None


def _efficiency_panel(voice: Voice, bars: list[Row], title: str) -> Spec:
    y = categories("unit", [bar["unit"] for bar in bars])
    top = max(1.0, *(bar["share"] for bar in bars)) * 1.01
    x = quantitative(
        "share",
        voice.t("col.efficiency"),
        form=".0%",
        scale={"domain": [0, top], "nice": False},
        axis={"values": [0, 0.2, 0.4, 0.6, 0.8, 1.0]},
    )
    labels: list[Spec] = [
        {
            "transform": [{"filter": f"datum.inside === {str(inside).lower()}"}],
            "mark": {"type": "text", "align": "right" if inside else "left", "dx": -6 if inside else 6, "fontSize": 12},
            "encoding": {
                "y": y,
                "x": {"field": "share", "type": "quantitative"},
                "text": {"field": "text"},
                "color": own_colour("ink"),
            },
        }
        for inside in (True, False)
    ]
    return {
        "title": panel_title(title),
        "width": WIDTH,
        "height": {"step": ROW},
        "data": values(bars),
        "layer": [
            {
                "mark": {"type": "bar", "height": 16},
                "encoding": {
                    "y": y,
                    "x": x,
                    "color": own_colour(),
                    "tooltip": tooltip({"unit": voice.t("col.unit"), "text": voice.t("col.efficiency")}),
                },
            },
            rule("x", 1.0, strokeDash=[4, 3]),
            *labels,
        ],
    }


def peer_map(voice: Voice) -> Figure | None:
    """Who each unit is compared with, and how much each peer counts."""
    panels = []
    for scheme in voice.facts.schemes:
        units = [unit for unit in voice.facts.in_scheme(scheme.key) if unit.peers]
        cells = [
            {
                "unit": unit.key,
                "peer": peer,
                "share": share,
                "colour": voice.facts.colours.get(peer, "#6b757e"),
                "text": voice.n.percent(share, 0) if share >= SMALL else f"<{voice.n.percent(0.01, 0)}",
            }
            for unit in units
            for peer, share in unit.peer_shares
        ]
        if cells:
            panels.append(_peer_panel(voice, cells, [unit.key for unit in units], voice.labels.scheme(scheme.key)))
    return voice.figure("peers", stacked(panels)) if panels else None


def _peer_panel(voice: Voice, cells: list[Row], units: list[str], title: str) -> Spec:
    peers = [unit for unit in units if any(cell["peer"] == unit for cell in cells)]
    peers += sorted({cell["peer"] for cell in cells} - set(peers))
    x = categories("peer", peers, orient="top", labelAngle=-35, labelLimit=160)
    y = categories("unit", units)
    return {
        "title": panel_title(title),
        "width": {"step": max(46, min(74, WIDTH // len(peers)))},
        "height": {"step": ROW},
        "data": values(cells),
        "layer": [
            {
                "mark": {"type": "rect", "stroke": "#ffffff"},
                "encoding": {
                    "x": x,
                    "y": y,
                    "color": own_colour(),
                    "opacity": {
                        "field": "share",
                        "type": "quantitative",
                        "scale": {"domain": [0, 1], "range": [0.12, 0.55]},
                        "legend": None,
                    },
                    "tooltip": tooltip(
                        {"unit": voice.t("col.unit"), "peer": voice.t("col.peer"), "text": voice.t("col.share")}
                    ),
                },
            },
            {
                "mark": {"type": "text", "fontSize": 12, "color": "#111111"},
                "encoding": {"x": x, "y": y, "text": {"field": "text"}},
            },
        ],
    }


def requirement_paths(voice: Voice) -> Figure | None:
    """Allowed cost per unit and year as a share of the base cost."""
    panels = []
    for scheme in voice.facts.schemes:
        units = [unit for unit in voice.facts.in_scheme(scheme.key) if unit.requirements]
        units.sort(
            key=lambda unit: (unit.requirements[-1]["allowed_cost"] / unit.requirements[-1]["base_cost"], unit.key)
        )
        if units:
            points = [point for unit in units for point in _path(voice, unit)]
            panels.append(_path_panel(voice, points, [u.key for u in units], voice.labels.scheme(scheme.key)))
    if not panels:
        return None
    years = sorted({row["year"] for unit in voice.facts.units for row in unit.requirements})
    return voice.figure("requirements", stacked(panels), start=years[0], end=years[-1])


def _path(voice: Voice, unit: UnitFacts) -> list[Row]:
    base = unit.requirements[0]["base_cost"]
    points = [
        {
            "unit": unit.key,
            "year": str(row["year"]),
            "share": row["allowed_cost"] / base,
            "colour": unit.colour,
            "text": voice.n.percent(row["allowed_cost"] / base),
            "amount": voice.n.millions(row["allowed_cost"], 2),
            "last": False,
        }
        for row in unit.requirements
    ]
    points[-1]["last"] = True
    return points


def _path_panel(voice: Voice, points: list[Row], units: list[str], title: str) -> Spec:
    t = voice.t
    low = min(point["share"] for point in points)
    room = max(1.0 - low, 0.01)
    domain = [low - 0.22 * room, 1.0 + 0.03 * room]
    form = ".0%" if room > 0.04 else ".1%"
    x = quantitative(
        "share", t("chart.allowed_axis"), form=form, scale={"domain": domain, "nice": False, "zero": False}
    )
    y = categories("unit", units, grid=True)
    return {
        "title": panel_title(title),
        "width": WIDTH,
        "height": {"step": ROW},
        "data": values(points),
        "layer": [
            rule("x", 1.0, strokeDash=[4, 3]),
            {
                "mark": {"type": "line", "strokeWidth": 2},
                "encoding": {
                    "y": y,
                    "x": x,
                    "color": own_colour(),
                    "detail": {"field": "unit"},
                    "order": {"field": "year"},
                },
            },
            {
                "mark": {"type": "circle", "opacity": 1, "size": 60},
                "encoding": {
                    "y": y,
                    "x": x,
                    "color": own_colour(),
                    "tooltip": tooltip(
                        {
                            "unit": t("col.unit"),
                            "year": t("col.year"),
                            "text": t("chart.allowed_axis"),
                            "amount": t("col.allowed_cost"),
                        }
                    ),
                },
            },
            {
                "transform": [{"filter": "datum.last"}],
                "mark": {"type": "text", "align": "right", "dx": -8, "fontSize": 12, "color": INK},
                "encoding": {"y": y, "x": {"field": "share", "type": "quantitative"}, "text": {"field": "text"}},
            },
        ],
    }


def unit_requirement(voice: Voice, unit: UnitFacts) -> Figure | None:
    """One unit's allowed cost by year beside its base cost."""
    if not unit.requirements:
        return None
    t = voice.t
    base = unit.requirements[0]["base_cost"]
    amounts = [(t("chart.base"), base), *((str(row["year"]), row["allowed_cost"]) for row in unit.requirements)]
    bars = [
        {
            "year": name,
            "amount": amount / 1_000_000,
            "text": voice.n.number(amount / 1_000_000, 2),
            "colour": INK if k == 0 else GAIN,
        }
        for k, (name, amount) in enumerate(amounts)
    ]
    x = categories("year", [bar["year"] for bar in bars], labelAngle=0)
    body: Spec = {
        "width": WIDTH,
        "height": 180,
        "data": values(bars),
        "layer": [
            {
                "mark": {"type": "bar", "size": 44},
                "encoding": {
                    "x": x,
                    "y": quantitative("amount", t("chart.millions")),
                    "color": own_colour(),
                    "tooltip": tooltip({"year": t("col.year"), "text": t("chart.millions")}),
                },
            },
            {
                "mark": {"type": "text", "baseline": "bottom", "dy": -4, "fontSize": 12, "color": INK},
                "encoding": {"x": x, "y": {"field": "amount", "type": "quantitative"}, "text": {"field": "text"}},
            },
        ],
    }
    return voice.figure("requirement", body, unit=unit.key)
