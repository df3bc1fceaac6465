"""Charts of efficiency and requirements: sorted bars, peer map, requirement paths."""

from __future__ import annotations

from bench.report.charts.colours import GAIN, INK
from bench.report.charts.style import (
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
from bench.report.edition import Edition
from bench.report.facts import Row, UnitFacts
from bench.report.tables.page import SMALL

#: Shortest bar that has room for its number inside.
_INSIDE = 0.15


def efficiency(edition: Edition) -> Figure | None:
    """Efficiency per unit, sorted, in the unit's colour."""
    panels = []
    for scheme in edition.facts.schemes:
        scored = [unit for unit in edition.facts.in_scheme(scheme.key) if unit.efficiency is not None]
        bars = [
            {
                "unit": unit.key,
                "share": unit.efficiency["efficiency"],
                "colour": unit.colour,
                "text": edition.n.percent(unit.efficiency["efficiency"]),
                "ink": ink_on(unit.colour) if unit.efficiency["efficiency"] >= _INSIDE else INK,
                "inside": unit.efficiency["efficiency"] >= _INSIDE,
            }
            for unit in scored
            if unit.efficiency is not None and unit.efficiency["efficiency"] is not None
        ]
        if bars:
            bars.sort(key=lambda bar: (-bar["share"], bar["unit"]))
            panels.append(_efficiency_panel(edition, bars, edition.labels.scheme(scheme.key)))
    return edition.figure("efficiency", stacked(panels)) if panels else None


def _efficiency_panel(edition: Edition, bars: list[Row], title: str) -> Spec:
    y = categories("unit", [bar["unit"] for bar in bars])
    top = max(1.0, *(bar["share"] for bar in bars)) * 1.01
    x = quantitative(
        "share",
        edition.t("col.efficiency"),
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
                    "tooltip": tooltip({"unit": edition.t("col.unit"), "text": edition.t("col.efficiency")}),
                },
            },
            rule("x", 1.0, strokeDash=[4, 3]),
            *labels,
        ],
    }


def peer_map(edition: Edition) -> Figure | None:
    """Who each unit is compared with, and how much each peer counts."""
    panels = []
    for scheme in edition.facts.schemes:
        units = [unit for unit in edition.facts.in_scheme(scheme.key) if unit.peers]
        cells = [
            {
                "unit": unit.key,
                "peer": peer,
                "share": share,
                "colour": edition.facts.colours.get(peer, "#6b757e"),
                "text": edition.n.percent(share, 0) if share >= SMALL else f"<{edition.n.percent(0.01, 0)}",
            }
            for unit in units
            for peer, share in unit.peer_shares
        ]
        if cells:
            panels.append(_peer_panel(edition, cells, [unit.key for unit in units], edition.labels.scheme(scheme.key)))
    return edition.figure("peers", stacked(panels)) if panels else None


def _peer_panel(edition: Edition, cells: list[Row], units: list[str], title: str) -> Spec:
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
                        {"unit": edition.t("col.unit"), "peer": edition.t("col.peer"), "text": edition.t("col.share")}
                    ),
                },
            },
            {
                "mark": {"type": "text", "fontSize": 12, "color": "#111111"},
                "encoding": {"x": x, "y": y, "text": {"field": "text"}},
            },
        ],
    }


def requirement_paths(edition: Edition) -> Figure | None:
    """Allowed cost per unit and year as a share of the base cost."""
    panels = []
    for scheme in edition.facts.schemes:
        units = [unit for unit in edition.facts.in_scheme(scheme.key) if unit.requirements]
        units.sort(
            key=lambda unit: (unit.requirements[-1]["allowed_cost"] / unit.requirements[-1]["base_cost"], unit.key)
        )
        if units:
            points = [point for unit in units for point in _path(edition, unit)]
            panels.append(_path_panel(edition, points, [u.key for u in units], edition.labels.scheme(scheme.key)))
    if not panels:
        return None
    years = sorted({row["year"] for unit in edition.facts.units for row in unit.requirements})
    return edition.figure("requirements", stacked(panels), start=years[0], end=years[-1])


def _path(edition: Edition, unit: UnitFacts) -> list[Row]:
    base = unit.requirements[0]["base_cost"]
    points = [
        {
            "unit": unit.key,
            "year": str(row["year"]),
            "share": row["allowed_cost"] / base,
            "colour": unit.colour,
            "text": edition.n.percent(row["allowed_cost"] / base),
            "amount": edition.n.millions(row["allowed_cost"], 2),
            "last": False,
        }
        for row in unit.requirements
    ]
    points[-1]["last"] = True
    return points


def _path_panel(edition: Edition, points: list[Row], units: list[str], title: str) -> Spec:
    t = edition.t
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


def unit_requirement(edition: Edition, unit: UnitFacts) -> Figure | None:
    """One unit's allowed cost by year beside its base cost."""
    if not unit.requirements:
        return None
    t = edition.t
    base = unit.requirements[0]["base_cost"]
    amounts = [(t("chart.base"), base), *((str(row["year"]), row["allowed_cost"]) for row in unit.requirements)]
    bars = [
        {
            "year": name,
            "amount": amount / 1_000_000,
            "text": edition.n.number(amount / 1_000_000, 2),
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
    return edition.figure("requirement", body, unit=unit.key)
