"""The page of a comparison: one table of criteria, three charts, what is certain, and how the numbers are made."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.report.charts.colours import unit_colours
from bench.report.charts.simulation import scheme_names, short
from bench.report.charts.style import WIDTH, Figure, Spec, categories, quantitative, values
from bench.report.pages.forward import Part, Words, assumption_table, cell, page_files, render
from bench.report.tables.page import Cell, Table, signed

if TYPE_CHECKING:
    from bench.stykkpris.simulation.compare import Comparison
    from bench.stykkpris.simulation.criteria import Criterion, Form


def files(result: Comparison, language: str) -> Iterator[tuple[str, str, bytes]]:
    """Yield page, charts and tables in one language as (stage, path in the folder, bytes)."""
    words = Words(language)
    parts = sections(result, words)
    yield from page_files(words, page(result, words, parts), parts, result.frames())


def titles(result: Comparison, words: Words) -> list[str]:
    """Return the systems' titles before their colon, numbered where two are the same."""
    made: list[str] = []
    for system in result.systems:
        title = system.model.title(words.language).split(":")[0]
        same = sum(one == title or one.startswith(f"{title} (") for one in made)
        made.append(f"{title} ({same + 1})" if same else title)
    return made


def page(result: Comparison, words: Words, parts: list[Part]) -> str:
    """Return the page as HTML."""
    first, n = result.systems[0].played, words.numbers
    worst = max(scheme.identity for system in result.systems for scheme in system.played.schemes)
    return render(
        words,
        kind=words("cmp.kind"),
        title=words("cmp.title"),
        subtitle=words(
            "cmp.subtitle",
            first=first.years[0],
            last=first.years[-1],
            base=first.base,
            systems=", ".join(titles(result, words)),
        ),
        parts=parts,
        synthetic=result.synthetic,
        about=[
            words("forward.draws", draws=n.number(first.draws), seed=first.seed),
            words("forward.checks", deviation=f"{worst:.0e}" if worst else "0"),
        ],
    )


def sections(result: Comparison, words: Words) -> list[Part]:
    """Return the sections of the page."""
    first = result.systems[0].played
    names = titles(result, words)
    assumptions = assumption_table(words, first.frame("assumptions"), scheme_names(first, words))
    parts = [
        Part(
            "criteria",
            words("cmp.criteria"),
            words("cmp.criteria_intro"),
            lead=tuple(_conclusion(result, words, names)),
            notes=tuple(_notes(result, words, names)),
            tables=(criteria_table(result, words),),
        ),
        Part(
            "figures",
            words("cmp.figures"),
            words("cmp.figures_intro"),
            figures=(
                chart(result, words.language),
                _line_chart(result, words, "cost"),
                _margin_chart(result, words),
            ),
        ),
    ]
    if len(names) > 1 and first.draws > 1:
        intro = words("cmp.differences_intro")
        parts.append(
            Part(
                "differences",
                words("cmp.differences", first=names[0]),
                intro,
                tables=(_difference_table(result, words, names),),
            )
        )
    parts.append(Part("formulas", words("cmp.formulas"), words("cmp.formulas_intro"), tables=(_formula_table(words),)))
    parts.append(
        Part("assumptions", words("forward.assumptions"), words("forward.assumptions_intro"), tables=(assumptions,))
    )
    return parts


def _conclusion(result: Comparison, words: Words, names: list[str]) -> list[str]:
    """Say where each system differs from the first, counting only differences whose sign the draws agree on."""
    from bench.stykkpris.simulation.criteria import CRITERIA

    if len(names) < 2 or result.systems[0].played.draws < 2:
        return []
    by_key: dict[str, Criterion] = {criterion.key: criterion for criterion in CRITERIA}
    sides: dict[str, dict[str, list[str]]] = {name: {"better": [], "worse": [], "open": []} for name in result.names}
    for row in result.differences().to_dict("records"):
        criterion = by_key[row["criterion"]]
        if criterion.direction not in ("lower", "higher"):
            continue
        certain = row["p5"] > 0.0 or row["p95"] < 0.0
        better = (row["difference"] < 0) is (criterion.direction == "lower")
        side = "open" if not certain else "better" if better else "worse"
        name = words.pick(criterion.name)
        sides[row["system"]][side].append(name[:1].lower() + name[1:])
    none = words("cmp.lead.nothing")
    return [
        words(
            "cmp.lead",
            first=names[0],
            system=shown,
            better=", ".join(sides[name]["better"]) or none,
            worse=", ".join(sides[name]["worse"]) or none,
            open=len(sides[name]["open"]),
            count=sum(map(len, sides[name].values())),
        )
        for name, shown in zip(result.names[1:], names[1:], strict=True)
    ]


def _notes(result: Comparison, words: Words, names: list[str]) -> list[str]:
    """What had to be replaced to put a model's rules on these data."""
    notes = []
    for name, system in zip(names, result.systems, strict=True):
        notes += [f"{name}: {note.get(words.language)}" for note in system.model.meta.note]
    return notes


def written(value: float, form: Form, words: Words, *, sign: bool = False) -> str:
    """Return a criterion's number as the language writes it."""
    n = words.numbers
    if form == "percent":
        return n.percent(value, sign=sign)
    if form == "index":
        return n.number(100 * value, 1, sign=sign)
    return n.number(value, 0 if form == "number" else 3, sign=sign)


def criteria_table(result: Comparison, words: Words) -> Table:
    """Return the one table: criteria down, systems across; the best on each criterion is marked."""
    from bench.stykkpris.simulation.criteria import CRITERIA, GROUPS

    rows: list[tuple[Cell, ...]] = []
    group = ""
    for criterion in CRITERIA:
        if criterion.group != group:
            group = criterion.group
            rows.append((cell(words.pick(GROUPS[group]), "total"), *([Cell("")] * (len(result.systems) + 1))))
        best = result.best(criterion)
        cells = []
        for i, value in enumerate(result.values[criterion.key]):
            text = written(float(np.mean(value)), criterion.form, words)
            cells.append(cell(f"✓ {text}", "gain") if i in best else Cell(text))
        rows.append((Cell(words.pick(criterion.name)), Cell(words(f"cmp.{criterion.direction}")), *cells))
    columns = (words("cmp.col.criterion"), words("cmp.col.better"), *titles(result, words))
    numeric = (False, False, *([True] * len(result.systems)))
    return Table(words("cmp.table"), columns, numeric, tuple(rows))


def _difference_table(result: Comparison, words: Words, names: list[str]) -> Table:
    from bench.stykkpris.simulation.criteria import CRITERIA

    by_key: dict[str, Criterion] = {criterion.key: criterion for criterion in CRITERIA}
    shown = dict(zip(result.names, names, strict=True))
    rows = []
    for row in result.differences().to_dict("records"):
        criterion = by_key[row["criterion"]]
        if row["p5"] == row["p95"] == 0.0:
            continue
        certain = row["p5"] > 0.0 or row["p95"] < 0.0
        low, high, mean = (written(row[key], criterion.form, words, sign=True) for key in ("p5", "p95", "difference"))
        better = -row["difference"] if criterion.direction == "lower" else row["difference"]
        rows.append(
            (
                Cell(words.pick(criterion.name)),
                Cell(shown[row["system"]]),
                signed(mean, better) if certain else Cell(mean),
                Cell(f"{low} – {high}"),
            )
        )
    columns = tuple(words(f"cmp.col.{key}") for key in ("criterion", "system", "difference", "band"))
    return Table(words("cmp.differences", first=names[0]), columns, (False, False, True, True), tuple(rows))


def _formula_table(words: Words) -> Table:
    from bench.stykkpris.simulation.criteria import CRITERIA

    rows = tuple(
        (Cell(words.pick(c.name)), Cell(words.pick(c.formula)), Cell(words(f"cmp.{c.direction}")), Cell(c.chapter))
        for c in CRITERIA
    )
    columns = tuple(words(f"cmp.col.{key}") for key in ("criterion", "formula", "better", "chapter"))
    return Table(words("cmp.formulas"), columns, (False,) * 4, rows)


# -- charts ------------------------------------------------------------------------------------------------------


def chart(result: Comparison, language: str = "nb") -> Figure:
    """Return the chart of the payer's real expenditure under every system."""
    return _line_chart(result, Words(language), "expenditure")


def _line_chart(result: Comparison, words: Words, what: str) -> Figure:
    first = result.systems[0].played
    base = sum(float(s.setting.data.cost[:, -1].sum()) for s in first.schemes)
    names = titles(result, words)
    rows: list[dict[str, Any]] = []
    for name, system in zip(names, result.systems, strict=True):
        played = system.played
        if what == "expenditure":
            path = 100.0 * played.real(played.payer()).mean(axis=0) / base
        else:
            stacked = np.stack([played.unit_cost(s).mean(axis=0) for s in played.schemes], axis=-1)
            path = 100.0 * stacked @ system.shares
        rows += [{"year": year, "system": name, "value": short(v)} for year, v in zip(played.years, path, strict=True)]
    colours = unit_colours(names)
    body: Spec = {
        "width": WIDTH,
        "height": 260,
        "data": values(rows),
        "mark": {"type": "line", "strokeWidth": 2.5, "point": {"size": 35}},
        "encoding": {
            "x": {"field": "year", "type": "ordinal", "axis": {"title": None, "labelAngle": 0, "grid": False}},
            "y": quantitative("value", words("sim.axis.index"), form=",.0f", scale={"zero": False}),
            "color": {
                "field": "system",
                "type": "nominal",
                "scale": {"domain": names, "range": list(colours.values())},
                "legend": {"title": None, "columns": 3, "labelLimit": 320},
            },
            "strokeDash": {
                "field": "system",
                "type": "nominal",
                "scale": {"domain": names, "range": [[1, 0], [6, 3], [2, 2], [8, 2, 2, 2], [4, 4], [1, 3]]},
                "legend": None,
            },
        },
    }
    return words.figure(f"cmp.chart.{what}", body, synthetic=result.synthetic, base=first.base)


def _margin_chart(result: Comparison, words: Words) -> Figure:
    from bench.stykkpris.simulation.criterion_values import unit_margins

    names = titles(result, words)
    rows: list[dict[str, Any]] = []
    for name, system in zip(names, result.systems, strict=True):
        for scheme in system.played.schemes:
            size = scheme.setting.data.cost[:, -1]
            margin = unit_margins(scheme)
            rows += [
                {"system": name, "unit": unit, "margin": short(100 * margin[i]), "size": short(size[i] / 1e6)}
                for i, unit in enumerate(scheme.units)
                if scheme.present[i] and np.isfinite(margin[i])
            ]
    body: Spec = {
        "width": WIDTH - 120,
        "height": {"step": 44},
        "data": values(rows),
        "layer": [
            {"mark": {"type": "rule", "color": "#8a939b"}, "encoding": {"x": {"datum": 0}}},
            {
                "mark": {"type": "circle", "opacity": 0.55, "stroke": "#ffffff"},
                "encoding": {
                    "x": quantitative("margin", words("sim.axis.margin"), form=",.1f"),
                    "y": categories("system", names),
                    "size": {"field": "size", "type": "quantitative", "legend": None, "scale": {"range": [30, 400]}},
                    "color": {"field": "system", "type": "nominal", "legend": None,
                              "scale": {"domain": names, "range": list(unit_colours(names).values())}},
                    "tooltip": [{"field": "unit", "type": "nominal", "title": words("forward.unit")},
                                {"field": "margin", "type": "quantitative", "format": ".1f",
                                 "title": words("sim.axis.margin")}],
                },
            },
        ],
    }  # fmt: skip
    return words.figure("cmp.chart.margins", body, synthetic=result.synthetic)
