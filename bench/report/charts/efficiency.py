"""Charts of efficiency and requirements: sorted bars, peers, requirement paths."""

from __future__ import annotations

from bench.report.charts.bars import MOST, Bar, bar_panel, ends
from bench.report.charts.colours import GAIN, GRID, INK, SOFT
from bench.report.charts.drawing import LINE, ROW, Canvas, Figure, Scale, width_of
from bench.report.edition import Edition
from bench.report.facts import UnitFacts
from bench.report.tables.page import year_text


def efficiency(edition: Edition) -> Figure | None:
    """Efficiency per unit, sorted; the dashed line is the best."""
    panels = []
    for scheme in edition.facts.schemes:
        found = [(u, (u.efficiency or {}).get("efficiency")) for u in edition.facts.in_scheme(scheme.key)]
        scored = sorted(((u, s) for u, s in found if s is not None), key=lambda pair: (-pair[1], pair[0].key))
        bars = [Bar(unit.key, edition.n.percent(score), 0.0, score, GAIN) for unit, score in scored]
        if bars:
            shown = ends(bars, lambda count: edition.t("chart.between", count=edition.n.number(count)))
            panels.append((edition.labels.scheme(scheme.key), shown, max(1.0, scored[0][1])))
    if not panels:
        return None

    def body(canvas: Canvas, top: float) -> float:
        for title, shown, high in panels:
            top = bar_panel(canvas, top, title, shown, low=0.0, high=high, lines=[(1.0, "")])
        return top

    return edition.figure("efficiency", body)


def peer_map(edition: Edition) -> Figure | None:
    """How much each peer counts in the norms of the others, and for how many units."""
    panels = []
    for scheme in edition.facts.schemes:
        shares: dict[str, list[float]] = {}
        units = [unit for unit in edition.facts.in_scheme(scheme.key) if unit.peers]
        for unit in units:
            for peer, share in unit.peer_shares:
                if peer not in (unit.key, ""):  # withheld names are no one's bar
                    shares.setdefault(peer, []).append(share)
        total = sum(sum(found) for found in shares.values())
        bars = [
            Bar(
                peer,
                edition.t("chart.peer_count", share=edition.n.percent(sum(found) / total, 0), count=len(found)),
                0.0,
                sum(found) / total,
                GAIN,
            )
            for peer, found in sorted(shares.items(), key=lambda item: (-sum(item[1]), item[0]))
            if total
        ][:MOST]
        if bars:
            panels.append((edition.labels.scheme(scheme.key), bars))
    if not panels:
        return None

    def body(canvas: Canvas, top: float) -> float:
        for title, bars in panels:
            top = bar_panel(canvas, top, title, bars)
        return top

    return edition.figure("peers", body)


def requirement_paths(edition: Edition) -> Figure | None:
    """Allowed cost per unit and year as a share of the base cost."""
    panels = []
    for scheme in edition.facts.schemes:
        units = [unit for unit in edition.facts.in_scheme(scheme.key) if unit.requirements]
        units.sort(key=lambda unit: (_left(unit), unit.key))
        if units:
            panels.append((edition.labels.scheme(scheme.key), units))
    if not panels:
        return None
    years = sorted({row["year"] for unit in edition.facts.units for row in unit.requirements})

    def body(canvas: Canvas, top: float) -> float:
        for title, units in panels:
            top = _path_panel(canvas, edition, top, title, units)
        return top

    return edition.figure("requirements", body, start=years[0], end=years[-1])


def _left(unit: UnitFacts) -> float:
    """Allowed cost at the end as a share of the base cost."""
    return float(unit.requirements[-1]["allowed_cost"] / unit.requirements[-1]["base_cost"])


def _path_panel(canvas: Canvas, edition: Edition, top: float, title: str, units: list[UnitFacts]) -> float:
    n = edition.n
    shown: list[UnitFacts | str] = list(units)
    if len(units) > MOST:
        between = edition.t("chart.between", count=n.number(len(units) - MOST))
        shown = [*units[: MOST // 2], between, *units[-MOST // 2 :]]
    top = canvas.wrapped(0, top + LINE, title, size=13, bold=True) - 8
    low = min(_left(unit) for unit in units)
    gutter = min(max(width_of(unit.key) for unit in units) + 10, canvas.width * 0.38)
    x = Scale(low - 0.02 * (1 - low), 1.0, gutter + 58, canvas.width - 12)
    bottom = top + ROW * len(shown)
    ticks = x.ticks(3 if canvas.narrow else 5)
    decimals = 1 if len(ticks) > 1 and ticks[1] - ticks[0] < 0.01 else 0
    for tick in ticks:
        canvas.line(x(tick), top, x(tick), bottom, GRID)
        canvas.text(x(tick), bottom + 14, n.percent(tick, decimals), size=11, colour=SOFT, anchor="middle")
    for k, unit in enumerate(shown):
        y = top + ROW * k + ROW / 2
        if isinstance(unit, str):
            canvas.text(gutter, y + 4, unit, colour=SOFT)
            continue
        base = unit.requirements[0]["base_cost"]
        points = [(row["year"], row["allowed_cost"] / base) for row in unit.requirements]
        canvas.label(gutter - 8, y, unit.key, gutter - 8)
        canvas.line(x(points[-1][1]), y, x(1.0), y, GAIN, width=2)
        for year, share in points:
            canvas.dot(x(share), y, 3.6, GAIN, f"{unit.key} {year}: {n.percent(share)}")
        canvas.text(x(points[-1][1]) - 8, y + 4, n.percent(points[-1][1]), anchor="end")
    return bottom + 24


def unit_requirement(edition: Edition, unit: UnitFacts) -> Figure | None:
    """One unit's base cost and allowed cost by year."""
    if not unit.requirements:
        return None
    base = unit.requirements[0]["base_cost"]
    bars = [Bar(edition.t("col.base_cost"), edition.n.millions(base, 2), 0.0, base, INK, strong=True)]
    bars += [
        Bar(str(row["year"]), edition.n.millions(row["allowed_cost"], 2), 0.0, row["allowed_cost"], GAIN)
        for row in unit.requirements
    ]
    year = year_text(unit.requirements[0].get("base_year") or (unit.norm or {}).get("year"))
    return edition.figure("requirement", lambda canvas, top: bar_panel(canvas, top, "", bars), unit=unit.key, year=year)
