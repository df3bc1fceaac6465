"""The page of a comparison: one table of criteria, three charts, what is certain, and how the numbers are made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from bench.report.charts.comparison import line_chart, margin_chart
from bench.report.charts.drawing import Figure
from bench.report.charts.flip_map import map_chart
from bench.report.charts.simulation import scheme_names
from bench.report.pages.forward import Part, Words, assumption_table, cell, page_files, render
from bench.report.tables.claims import WORDS as CLAIM_WORDS
from bench.report.tables.claims import claim_table
from bench.report.tables.page import Cell, Table, signed
from bench.report.words.advice import DRIVERS, WORDS, criterion_number

if TYPE_CHECKING:
    from bench.stykkpris.simulation.compare import Comparison
    from bench.stykkpris.simulation.criteria import Criterion, Form


def files(result: Comparison, language: str, written: Sequence[str] = ()) -> Iterator[tuple[str, str, bytes]]:
    """Yield page, charts and tables in one language as (stage, path in the folder, bytes)."""
    words = Words(language, tuple(written))
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
            lead=tuple(conclusion(result, words, names)),
            notes=tuple(_notes(result, words, names)),
            tables=(criteria_table(result, words),),
        ),
        Part(
            "figures",
            words("cmp.figures"),
            words("cmp.figures_intro"),
            figures=(
                line_chart(result, words, "expenditure", names),
                line_chart(result, words, "cost", names),
                margin_chart(result, words, names),
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
    if result.maps:
        shown = dict(zip(result.names, names, strict=True))
        drawn = tuple(map_chart(one, words, shown, synthetic=result.synthetic) for one in result.maps)
        told = tuple(
            f"{words.pick(DRIVERS[one.criterion])}: {words.pick(one.note)}"
            for one in result.maps
            if words.pick(one.note)
        )
        parts.append(Part("map", words.pick(WORDS["map"]), notes=told, figures=drawn))
    parts.append(Part("formulas", words("cmp.formulas"), words("cmp.formulas_intro"), tables=(formula_table(words),)))
    parts.append(_claims_part(words))
    parts.append(
        Part("assumptions", words("forward.assumptions"), words("forward.assumptions_intro"), tables=(assumptions,))
    )
    return parts


def _claims_part(words: Words) -> Part:
    """Return what the evaluation concludes about the criteria of the table."""
    from bench.stykkpris.simulation.advising.claims import claims
    from bench.stykkpris.simulation.criteria import CRITERIA

    names = {criterion.key: words.pick(criterion.name) for criterion in CRITERIA}
    about = [one for one in claims() if one.criterion]
    told = claim_table(words, about, words("cmp.col.criterion"), lambda one: names[one.criterion])
    return Part("claims", words.pick(CLAIM_WORDS["title"]), words.pick(CLAIM_WORDS["intro"]), tables=(told,))


def conclusion(result: Comparison, words: Words, names: list[str]) -> list[str]:
    """Say where each system differs from the first, and by how much, and whether one is best on everything.

    A difference counts where nine of ten draws agree on its sign.
    """
    if len(names) < 2:
        return []
    told = []
    if result.systems[0].played.draws > 1:
        for name, shown in zip(result.names[1:], names[1:], strict=True):
            told.append(_against_first(result, words, name, shown, names[0]))
    return [*told, _best_of_all(result, words, names)]


def _against_first(result: Comparison, words: Words, name: str, shown: str, first: str) -> str:
    from bench.stykkpris.simulation.criteria import CRITERIA

    by_key: dict[str, Criterion] = {criterion.key: criterion for criterion in CRITERIA}
    sides: dict[str, list[str]] = {"better": [], "worse": [], "open": []}
    frame = result.differences()
    for row in frame[frame["system"] == name].to_dict("records"):
        criterion, moved = by_key[row["criterion"]], row["difference"]
        if criterion.direction not in ("lower", "higher") or row["p5"] == row["p95"] == 0.0:
            continue
        called = words.pick(criterion.name)
        called = called[:1].lower() + called[1:]
        if not (row["p5"] > 0.0 or row["p95"] < 0.0):
            sides["open"].append(called)
            continue
        side = "better" if (moved < 0.0) is (criterion.direction == "lower") else "worse"
        way = "answer" if criterion.form == "answer" else "lower" if moved < 0.0 else "higher"
        amount = gap(moved if way == "answer" else abs(moved), criterion.form, words)
        sides[side].append(words(f"cmp.item.{way}", name=called, amount=amount))
    found = {
        side: words(f"cmp.{side}", list=_listed(words, sides[side])) for side in ("better", "worse") if sides[side]
    }
    values = {"system": shown, "first": first, **found}
    if len(found) == 2:
        said = words("cmp.lead.both", **values)
    elif found:
        said = words("cmp.lead.one", side=next(iter(found.values())), **values)
    else:
        said = words("cmp.lead.none" if sides["open"] else "cmp.lead.alike", **values)
    if not sides["open"]:
        return said
    count = sum(map(len, sides.values()))
    return f"{said} {words('cmp.lead.open', open=len(sides['open']), count=count, list=_listed(words, sides['open']))}"


def _listed(words: Words, items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])}{words('word.and')}{items[-1]}"


def _best_of_all(result: Comparison, words: Words, names: list[str]) -> str:
    """Say whether a system is best, or as good as the best, on every criterion on which they differ."""
    from bench.stykkpris.simulation.criteria import CRITERIA

    sets = [best for criterion in CRITERIA if (best := result.best(criterion))]
    everywhere = set.intersection(*sets) if sets else set()
    if len(everywhere) == 1:
        return words("cmp.lead.winner", system=names[everywhere.pop()])
    return words("cmp.lead.trade")


def _notes(result: Comparison, words: Words, names: list[str]) -> list[str]:
    """What had to be replaced to put a model's rules on these data."""
    notes = []
    for name, system in zip(names, result.systems, strict=True):
        notes += [f"{name}: {note.get(words.language)}" for note in system.model.meta.note]
    return notes


def written(value: float, form: Form, words: Words) -> str:
    """Return a criterion's number as the language writes it."""
    return criterion_number(value, form, words.numbers)


def gap(difference: float, form: Form, words: Words, *, sign: bool = False) -> str:
    """Return a difference of two such numbers: shares differ by percentage points, never by per cent."""
    n = words.numbers
    if form == "answer" and difference in (-1.0, 1.0):
        return words("cmp.answer.yes" if difference > 0 else "cmp.answer.no")
    if form in ("percent", "root"):
        decimals = 1 if abs(difference) >= 0.0005 or not difference else 2
        return n.points(difference, decimals, sign=sign)
    if form == "index":
        return words("cmp.index", amount=n.number(100 * difference, 1, sign=sign))
    return n.number(difference, sign=sign)


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
    return Table(words("cmp.table"), columns, numeric, tuple(rows), sortable=False)


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
        mean = gap(row["difference"], criterion.form, words, sign=True)
        low, high = (_plain_gap(row[key], criterion.form, words) for key in ("p5", "p95"))
        better = -row["difference"] if criterion.direction == "lower" else row["difference"]
        rows.append(
            (
                Cell(words.pick(criterion.name)),
                Cell(shown[row["system"]]),
                signed(mean, better) if certain else Cell(mean),
                Cell("" if criterion.form == "answer" else f"{low} – {high}"),
            )
        )
    columns = tuple(words(f"cmp.col.{key}") for key in ("criterion", "system", "difference", "band"))
    return Table(words("cmp.differences", first=names[0]), columns, (False, False, True, True), tuple(rows))


def _plain_gap(difference: float, form: Form, words: Words) -> str:
    """Return an end of a band, whose measure the difference beside it says."""
    scale = 100 if form in ("percent", "root", "index") else 1
    return words.numbers.number(scale * difference, 1 if scale > 1 else 0, sign=True)


def formula_table(words: Words) -> Table:
    """Return how every criterion is made, and where it comes from."""
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
    words = Words(language)
    return line_chart(result, words, "expenditure", titles(result, words))
