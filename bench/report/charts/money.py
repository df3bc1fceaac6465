"""Charts of prices and money: price path, results, staircase of unit cost, purchaser's variance."""

from __future__ import annotations

from bench.report.charts.bars import MOST, Bar, bar_panel, ends, legend
from bench.report.charts.colours import GAIN, GRID, INK, LOSS, PALE, PALER, SOFT
from bench.report.charts.drawing import LINE, Canvas, Figure, Scale
from bench.report.charts.lines import PANEL, PLOT, Line, line_panel
from bench.report.charts.waterfall import Step, waterfall_kind
from bench.report.edition import Edition
from bench.report.facts import Row, SchemeFacts, rows

#: Steps that can be told apart in a panel; of more, neighbours are drawn as one.
_STEPS = 120


def price_path(edition: Edition) -> Figure | None:
    """Price level and unit cost per scheme and year, first price = 100."""
    t = edition.t
    panels = [(scheme, lines) for scheme in edition.facts.schemes if (lines := _path_lines(scheme))]
    if not panels:
        return None
    every = [value for _, lines in panels for points in lines for _, value in points]
    low, high = min(every) - 2, max(every) + 2
    names = (t("chart.price"), t("chart.unit_cost"))
    n = edition.n

    def axis(value: float) -> str:
        return n.plain(value, 1)

    def body(canvas: Canvas, top: float) -> float:
        top = legend(canvas, top, [(names[0], GAIN, "solid"), (names[1], LOSS, "5 3")])
        across = 1 if canvas.narrow else min(3, len(panels))
        width = (canvas.width - 24 * (across - 1)) / across
        for k, (scheme, lines) in enumerate(panels):
            place = ((k % across) * (width + 24), top + (k // across) * PANEL, width)
            shown = [
                Line(name, points, colour, dash)
                for name, points, colour, dash in zip(names, lines, (GAIN, LOSS), ("", "5 3"), strict=True)
            ]
            title = edition.labels.scheme(scheme.key)
            line_panel(canvas, place, title, shown, (low, high), axis=axis, said=lambda value: n.number(value, 1))
        return top + PANEL * -(-len(panels) // across)

    return edition.figure("price-path", body)


def _path_lines(scheme: SchemeFacts) -> list[list[tuple[int, float]]]:
    history = [row for row in scheme.years if row["price_level"] and row["unit_cost"]]
    if not history:
        return []
    base = history[0]["price_level"]
    price = [(row["year"], 100 * row["price_level"] / base) for row in history]
    if history[-1]["next_price_level"]:
        price.append((history[-1]["year"] + 1, 100 * history[-1]["next_price_level"] / base))
    return [price, [(row["year"], 100 * row["unit_cost"] / base) for row in history]]


def results(edition: Edition) -> Figure | None:
    """Surplus and deficit per unit, the largest first, and the scheme's sum."""
    t = edition.t
    panels = []
    for scheme in edition.facts.schemes:
        found = [(unit, unit.result) for unit in edition.facts.in_scheme(scheme.key) if unit.result is not None]
        units = sorted(found, key=lambda pair: (-pair[1], pair[0].key))
        if not units:
            continue
        bars = [_amount_bar(edition, unit.key, 0.0, result) for unit, result in units]
        shown = ends(bars, lambda count: t("chart.between", count=edition.n.number(count)))
        whole = sum(result for _, result in units)
        # A bar as long as the sum would leave those of the units too short to see.
        shown.append(Bar(edition.sum_word, edition.n.money(whole, 2, sign=True), 0.0, 0.0, INK, strong=True))
        panels.append((edition.labels.scheme(scheme.key), shown))
    if not panels:
        return None

    def body(canvas: Canvas, top: float) -> float:
        for title, shown in panels:
            top = bar_panel(canvas, top, title, shown)
        return top

    return edition.figure("results", body, year=edition.facts.year)


def _amount_bar(edition: Edition, name: str, start: float, end: float, colour: str = "") -> Bar:
    amount = end - start
    return Bar(
        name,
        edition.n.money(amount, 2, sign=True),
        start,
        end,
        colour or (GAIN if amount >= 0 else LOSS),
        strong=colour == INK,
    )


def unit_waterfall_figure(edition: Edition, unit: str, steps: list[Step]) -> Figure | None:
    """One unit's way from last year's result to the closing balance."""
    if not steps:
        return None
    bars = [
        _amount_bar(edition, edition.t(f"step.{step.key}"), step.start, step.end, INK if step.kind == "total" else "")
        for step in steps
    ]
    return edition.figure(
        waterfall_kind(steps),
        lambda canvas, top: bar_panel(canvas, top, "", bars),
        unit=unit,
        year=edition.facts.year,
    )


def staircase(edition: Edition) -> Figure | None:
    """Unit cost against cumulative volume: the area of a step is the unit's share of the cost."""
    panels = []
    for scheme in edition.facts.schemes:
        steps = _stairs(edition, scheme)
        now = next((row for row in scheme.years if row["year"] == edition.facts.year), None)
        if steps and now:
            norm = 100 * now["price_level"] / now["unit_cost"] if now["price_level"] and now["unit_cost"] else None
            panels.append((edition.labels.scheme(scheme.key), steps, norm))
    if not panels:
        return None

    def body(canvas: Canvas, top: float) -> float:
        for title, steps, norm in panels:
            top = _stair_panel(canvas, edition, top, title, steps, norm)
        return top

    return edition.figure("staircase", body, year=edition.facts.year)


def _stairs(edition: Edition, scheme: SchemeFacts) -> list[Row]:
    units = [
        unit
        for unit in edition.facts.in_scheme(scheme.key)
        if unit.settlement is not None and unit.settlement["activity_income"]
    ]
    if edition.facts.run.holds_back:  # steps are against the mean of all units
        return []
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
        steps.append({"unit": unit.key, "left": left, "right": left + width, "index": index})
        left += width
    return steps


def _joined(steps: list[Row]) -> list[Row]:
    """Return steps wide enough to be seen: of very many, neighbours are one step with their mean cost.

    Its area is still their share of the cost, and it is called by the first and the last of them.
    """
    if len(steps) <= _STEPS:
        return steps
    least = 100.0 / _STEPS
    found: list[Row] = []
    open_ = False
    for step in steps:
        if not open_:
            found.append({**step, "first": step["unit"]})
        else:
            one = found[-1]
            width, more = one["right"] - one["left"], step["right"] - step["left"]
            one["index"] = (one["index"] * width + step["index"] * more) / (width + more)
            one["right"] = step["right"]
            one["unit"] = f"{one['first']} – {step['unit']}"
        open_ = found[-1]["right"] - found[-1]["left"] < least
    return found


def _stair_panel(
    canvas: Canvas, edition: Edition, top: float, title: str, steps: list[Row], norm: float | None
) -> float:
    t, n = edition.t, edition.n
    top = canvas.wrapped(0, top + LINE, title, size=13, bold=True) - 4
    high = 1.08 * max([*(step["index"] for step in steps), norm or 0.0])
    x = Scale(0, 100, 44, canvas.width - 8)
    y = Scale(0, high, top + PLOT + 30, top)
    for tick in y.ticks(5):
        canvas.line(40, y(tick), canvas.width, y(tick), GRID)
        canvas.text(36, y(tick) + 4, n.number(tick), size=11, colour=SOFT, anchor="end")
    for k, step in enumerate(_joined(steps)):
        left, right = x(step["left"]), x(step["right"])
        said = f"{step['unit']}: {n.number(step['index'], 1)}, {n.percent((step['right'] - step['left']) / 100)}"
        canvas.rect(left, y(step["index"]), right - left, y(0) - y(step["index"]), (PALE, PALER)[k % 2], said=said)
        if right - left >= 15 and len(steps) <= MOST:
            canvas.upright((left + right) / 2 + 4, y(0) - 6, f"{step['unit']}  {n.number(step['index'])}")
    if norm is not None:
        canvas.line(40, y(norm), canvas.width, y(norm), INK, width=1.6, dash="6 3")
        canvas.text(44, y(norm) - 5, f"{t('chart.price')} {n.number(norm, 1)}", size=11)
    axis = t("chart.volume_axis")
    for tick in (0, 25, 50, 75, 100):
        side = "end" if tick == 100 else "middle"
        canvas.text(x(tick), y(0) + 15, n.number(tick), size=11, colour=SOFT, anchor=side)
    canvas.text(44, y(0) + 32, axis, size=11, colour=SOFT)
    return y(0) + 42


def purchaser(edition: Edition) -> Figure | None:
    """The purchaser's variance per service, split into volume and price."""
    frame = edition.facts.run.purchaser
    if not len(frame):
        return None
    year = frame["year"].max()
    t = edition.t
    kinds = (("volume_variance", t("chart.volume_variance"), GAIN), ("price_variance", t("chart.price_variance"), LOSS))
    panels = []
    for scheme in edition.facts.schemes:
        lines = rows(frame[(frame["year"] == year) & (frame["scheme"] == scheme.key)])
        bars = [
            Bar(
                edition.labels.service(scheme.key, row["service"]) if k == 0 else "",
                edition.n.money(row[key], 2, sign=True),
                0.0,
                row[key] or 0.0,
                colour,
            )
            for row in lines
            for k, (key, _, colour) in enumerate(kinds)
        ]
        if bars:
            panels.append((edition.labels.scheme(scheme.key), bars))
    if not panels:
        return None

    def body(canvas: Canvas, top: float) -> float:
        top = legend(canvas, top, [(name, colour, "") for _, name, colour in kinds])
        for title, bars in panels:
            top = bar_panel(canvas, top, title, bars)
        return top

    return edition.figure("purchaser", body, year=year)
